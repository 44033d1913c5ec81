"""Which weights are here: a record is written last of all, so weights without one are not complete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from jupyter_sc2.downloads import kept, pins
from jupyter_sc2.downloads.offer import Commit, File, Name
from jupyter_sc2.downloads.places import Repo, hub_cache, size_of
from jupyter_sc2.messages import Presence, Sha256


class Kept(Struct, frozen=True):
    """A file that was checked. `etag` names it on the Hub and in the cache."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=0)]
    etag: str


class Record(Struct, frozen=True):
    """Weights of a commit (`revision`) in `folder`, checked at `time` (ISO 8601, UTC). `licence_file` may be empty."""

    weights: str
    revision: Commit
    folder: str
    files: dict[Name, Kept]
    licence_file: str
    time: str

    def offered(self) -> list[File]:
        return [File(name, file.size, file.etag) for name, file in self.files.items()]


def path_of(weights: str) -> Path:
    return kept.file_of(kept.data_folder() / "weights", weights)


def read(weights: str) -> Record | None:
    """The record, whether its files are still there or not."""
    record = kept.read(path_of(weights), Record)
    return record if record and record.weights == weights else None


def find(weights: str) -> Record | None:
    """The record of weights that are complete: every file is there in its size. Hashes are for those who load them."""
    record = read(weights)
    if record and all(size_of(Path(record.folder, name)) == file.size for name, file in record.files.items()):
        return record
    return None


def presence(weights: str, cache: Path | None = None) -> Presence:
    """`partial` is also what other programs have fetched: a download checks it, and fetches what is missing."""
    if find(weights):
        return "complete"
    begun = pins.read(weights) is not None or any(Repo(weights, cache or hub_cache()).weights_files())
    return "partial" if begun else "absent"


def disk_bytes(weights: str, cache: Path | None = None) -> int:
    """Bytes that the repository takes in the cache, whoever fetched them, links counted once."""
    root = Repo(weights, cache or hub_cache()).root
    try:
        found = [path.lstat() for path in root.rglob("*") if not path.is_symlink() and path.is_file()]
    except OSError:
        return 0
    return sum(stat.st_size for stat in found)
