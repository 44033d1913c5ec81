"""Where the files of a repository lie in the Hugging Face cache: its documented layout, shared with other programs.

`models--org--name/blobs/ETAG` holds a file's bytes, `snapshots/COMMIT/NAME` is a link to it, and `refs/NAME` says which
commit a branch was. Where links cannot be made, the file itself stands in the snapshot.
Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jupyter_sc2.downloads.offer import File
from jupyter_sc2.errors import Sc2Error

PART = ".jupyter-sc2.incomplete"  # ours alone: what others leave unfinished may have holes
RESERVE_BYTES = 64 << 20  # left free on the disk
LARGER_DISK = "Make room, or set HF_HOME to a folder on a larger disk."
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


def hub_cache() -> Path:
    """The cache's folder, found as huggingface_hub finds it, without importing it."""
    home = os.environ.get("HF_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or os.path.join(home, "hub")
    return Path(os.path.expandvars(named)).expanduser().absolute()


def check_id(weights: str) -> None:
    """Raises Sc2Error unless `weights` are named as on the Hub. `--` and `..` mean something else in the cache."""
    if not _HUB_ID.fullmatch(weights) or "--" in weights or ".." in weights or weights.endswith((".git", "-", ".")):
        hint = "Ids look like bigcode/starcoder2-3b."
        raise Sc2Error("not_on_hub", f"{weights[:200]!r} is no id of the Hugging Face Hub.", hint, status=422)


class Place(Struct, frozen=True):
    """`pointer` is what a program opens, `blob` the bytes, `part` the beginning of them while they are fetched."""

    file: File
    pointer: Path
    blob: Path
    part: Path
    lock: Path

    def is_whole(self) -> bool:
        """Whether all bytes are there, right or wrong."""
        return any(size_of(path) == self.file.size for path in (self.pointer, self.blob))

    def held(self) -> int:
        """Bytes that need not be fetched again."""
        return self.file.size if self.is_whole() else min(size_of(self.part), self.file.size)

    def point(self) -> None:
        """Lets the snapshot name the blob. Raises OSError."""
        if size_of(self.pointer) == self.file.size or size_of(self.blob) < 0:
            return
        self.pointer.parent.mkdir(parents=True, exist_ok=True)
        self.pointer.unlink(missing_ok=True)
        try:
            os.symlink(os.path.relpath(self.blob, self.pointer.parent), self.pointer)
        except (OSError, NotImplementedError):
            os.replace(self.blob, self.pointer)

    def drop(self) -> None:
        """Removes the bytes. Raises OSError."""
        for path in (self.pointer, self.blob):
            path.unlink(missing_ok=True)


class Repo(Struct, frozen=True):
    """A repository in the cache."""

    weights: str
    cache: Path

    @property
    def root(self) -> Path:
        return self.cache / f"models--{self.weights.replace('/', '--')}"

    def snapshot(self, revision: str) -> Path:
        return self.root / "snapshots" / revision

    def place(self, revision: str, file: File) -> Place:
        blob = self.root / "blobs" / file.etag
        lock = self.cache / ".locks" / self.root.name / f"{file.etag}.lock"
        part = blob.with_name(file.etag + PART)
        return Place(file, self.snapshot(revision) / file.name, blob, part, lock)

    def refer(self, name: str, revision: str) -> None:
        """Notes which commit a branch is, unless another program has its own idea of that. Raises OSError."""
        path = self.root / "refs" / name
        if name != revision and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(revision)

    def weights_files(self) -> Iterator[Path]:
        """What may be weights, whole or in part, whoever put it there."""
        with suppress(OSError):
            yield from self.root.glob("snapshots/*/*.safetensors")
            yield from self.root.glob("blobs/*.incomplete")


def size_of(path: Path) -> int:
    """Bytes of a file; -1 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def check_room(folder: Path, needed: int, hint: str) -> None:
    """Raises Sc2Error `disk_full` when so many bytes do not fit. Makes the folder; raises OSError where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    free = max(0, shutil.disk_usage(folder).free - RESERVE_BYTES)
    if needed > free:
        reason = f"{needed / 1e9:.1f} GB more are needed on the disk of {folder}; {free / 1e9:.1f} GB are free."
        raise Sc2Error("disk_full", reason, hint, status=507)
