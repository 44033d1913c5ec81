"""Downloads that were begun: which commit and which files, so that they go on with the same after any interruption."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from jupyter_sc2.downloads import kept
from jupyter_sc2.downloads.offer import MAX_FILES, Commit, File
from jupyter_sc2.downloads.places import Place, Repo
from jupyter_sc2.errors import Sc2Error


class Pin(Struct, frozen=True):
    """`branch` is what was asked for, `revision` the commit that it was. `found`: names that were there before us."""

    weights: str
    branch: str
    revision: Commit
    files: Annotated[list[File], Meta(max_length=2 * MAX_FILES)]
    found: list[str]

    @property
    def total(self) -> int:
        return sum(file.size for file in self.files)

    def places(self, cache: Path) -> list[Place]:
        repo = Repo(self.weights, cache)
        return [repo.place(self.revision, file) for file in self.files]


def folder() -> Path:
    return kept.data_folder() / "downloads"


def path_of(weights: str) -> Path:
    return kept.file_of(folder(), weights)


def read(weights: str) -> Pin | None:
    pin = kept.read(path_of(weights), Pin)
    return pin if pin and pin.weights == weights else None


def write(pin: Pin) -> None:
    """Raises OSError."""
    kept.write(path_of(pin.weights), pin)


def remove(weights: str) -> None:
    path_of(weights).unlink(missing_ok=True)


def every() -> list[Pin]:
    """All downloads that were begun and not ended."""
    found = (kept.read(path, Pin) for path in sorted(folder().glob("*.json")))
    return [pin for pin in found if pin and path_of(pin.weights).exists()]


@contextmanager
def held(weights: str) -> Iterator[None]:
    """Keeps other processes away from this download. Raises Sc2Error `busy` when one is at it."""
    from filelock import FileLock, Timeout

    path = path_of(weights).with_suffix(".lock")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)  # let go by the system when its holder dies
    try:
        lock.acquire()
    except Timeout:
        raise Sc2Error("busy", f"Another process is fetching {weights} now.", "Wait for it.", status=409) from None
    try:
        yield
    finally:
        lock.release()
