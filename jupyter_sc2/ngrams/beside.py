"""Which files stand beside a notebook: what the user wrote in the same folder."""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path, PurePath

from msgspec import Struct

KINDS = (".ipynb", ".py")
MAX_ENTRIES = 10_000  # of a folder that are looked at
MAX_FILES = 64  # the newest
MAX_BYTES = 2 << 20  # of one file on disk; a larger one holds data


class File(Struct, frozen=True):
    """`path` is resolved, `changed` in nanoseconds, `size` in bytes: two that are equal have the same content."""

    path: Path
    changed: int
    size: int


def files_beside(root: Path, path: str) -> tuple[File, ...]:
    """The newest first, without `path` itself, which is as in Jupyter's contents API. None of a hidden path.

    What cannot be read, or leads out of `root` or into a hidden folder, is left out.
    """
    try:
        root = root.resolve(strict=True)
        own = root / path.strip("/")
        if is_hidden(path) or not own.parent.resolve().is_relative_to(root):
            return ()
        with os.scandir(own.parent) as entries:
            names = [entry.name for entry in islice(entries, MAX_ENTRIES)]
        wanted = [own.parent / name for name in names if name.endswith(KINDS) and not is_hidden(name)]
        files = {file for one in wanted if (file := _file(root, one)) and file.path != own.resolve()}
    except (OSError, ValueError, RuntimeError):
        return ()
    return tuple(sorted(files, key=lambda file: (-file.changed, file.path))[:MAX_FILES])


def is_hidden(path: str | PurePath) -> bool:
    """As Jupyter's contents are; `..` is hidden as well."""
    return any(part.startswith(".") for part in str(path).replace(os.sep, "/").split("/"))


def _file(root: Path, path: Path) -> File | None:
    try:
        whole = path.resolve(strict=True)
        state = whole.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_BYTES or is_hidden(whole.relative_to(root)):
            return None
        return File(whole, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError, RuntimeError):
        return None
