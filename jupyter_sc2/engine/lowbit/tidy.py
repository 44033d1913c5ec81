"""Converted copies within bounds: what was not used for longest goes, and what stopped processes left behind.

Only what has a name of ours is ever touched. Nothing here fails a load: what cannot be removed stays.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from jupyter_sc2.engine.lowbit.copies import MANIFEST

MOST, MOST_BYTES = 8, 60 * 10**9  # three of 15B in 8 bits take 48 GB
IN_USE = 3600.0  # seconds after a use in which another worker may be reading
LEFT_BEHIND = 24 * 3600.0  # seconds after which nobody is writing a draft any more
COPY = re.compile(r"[0-9a-f]{16}-int\d+-\d+")
DRAFT = re.compile(rf"{COPY.pattern}\.[a-z0-9_]{{8}}")
DRAFT_OF_FILE = re.compile(rf"({re.escape(MANIFEST)}|sums)\.\d+")


@dataclass(frozen=True)
class Kept:
    """A copy on disk; `used` last at that time, in seconds since 1970."""

    path: Path
    used: float
    nbytes: int


def tidy(folder: Path) -> None:
    """Removes the least recently used copies beyond MOST and MOST_BYTES, none of the last hour, and leftovers."""
    _remove_leftovers(folder)
    kept = _copies(folder)
    count, nbytes = len(kept), sum(copy.nbytes for copy in kept)
    for copy in kept:
        if count <= MOST and nbytes <= MOST_BYTES:
            break
        if _discard(copy):
            count, nbytes = count - 1, nbytes - copy.nbytes


def make_room(folder: Path, needed: int, damaged: Path) -> bool:
    """After the disk was full: removes copies and leftovers until `needed` bytes are free.

    The copy `damaged`, which is made anew, goes first; then the least recently used ones, none of the last hour. False
    when nothing could be removed.
    """
    freed = _remove_leftovers(folder)
    for copy in sorted(_copies(folder), key=lambda copy: copy.path != damaged):
        if freed >= needed:
            break
        if _discard(copy, certainly=copy.path == damaged):
            freed += copy.nbytes
    return freed > 0


def _copies(folder: Path) -> list[Kept]:
    """The least recently used one first."""
    found = [path for path in _listed(folder) if COPY.fullmatch(path.name) and path.is_dir()]
    return sorted((Kept(path, _used(path), _nbytes(path)) for path in found), key=lambda copy: copy.used)


def _discard(copy: Kept, certainly: bool = False) -> bool:
    """Away under its name at once, so that nobody finds half of it. A copy in use stays, unless `certainly`."""
    if not certainly and time.time() - _used(copy.path) < IN_USE:
        return False
    gone = copy.path.with_name(f"{copy.path.name}.{token_hex(4)}")  # a draft's name, should we be stopped here
    try:
        copy.path.rename(gone)
    except OSError:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _remove_leftovers(folder: Path) -> int:
    """Drafts of copies and of small files that are older than a day. Returns how many bytes they had."""
    freed, now = 0, time.time()
    for path in _listed(folder):
        if DRAFT.fullmatch(path.name) and now - max(map(_changed, (path, *_listed(path)))) > LEFT_BEHIND:
            freed += _nbytes(path)
            shutil.rmtree(path, ignore_errors=True)
    for path in (path for place in (folder, *(copy.path for copy in _copies(folder))) for path in _listed(place)):
        if DRAFT_OF_FILE.fullmatch(path.name) and now - _changed(path) > LEFT_BEHIND:
            with suppress(OSError):
                path.unlink()
    return freed


def _listed(folder: Path) -> list[Path]:
    """What is in a folder, without links; nothing when it cannot be read."""
    try:
        return [path for path in folder.iterdir() if not path.is_symlink()]
    except OSError:
        return []


def _used(path: Path) -> float:
    """Its manifest is touched at each use. A copy without one is as old as its folder."""
    manifest = path / MANIFEST
    return _changed(manifest if manifest.exists() else path)


def _changed(path: Path) -> float:
    """In seconds since 1970; what is gone by now counts as new, and stays untouched."""
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def _nbytes(path: Path) -> int:
    total = 0
    for file in _listed(path):
        with suppress(OSError):
            total += file.stat().st_size
    return total
