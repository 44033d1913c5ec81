"""Small files of our own on disk: replaced whole or not at all, for their owner alone, set aside when damaged."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two servers of one user are not kept apart there
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".tmp"
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be too large",
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.EROFS: "the folder may not be written",
}


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps other processes of the same user out. Where nothing can be written, there is nothing to keep out."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = stack.enter_context((folder / ".lock").open("ab"))
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, also by a kill
        yield


def replace(path: Path, content: bytes) -> None:
    """Replaces `path` at once and durably, readable by its owner alone. Raises OSError and leaves the old file."""
    temporary = path.with_suffix(f".{uuid.uuid4().hex}{TEMPORARY}")  # no other process writes to it
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def set_aside(path: Path) -> None:
    """Renames an unreadable file to a free name beside it, so that nothing is lost and it is not read again.

    Leaves it where the folder cannot be written.
    """
    number = 1
    while (aside := path.with_suffix(f".corrupt-{number}")).exists():
        number += 1
    with contextlib.suppress(OSError):
        path.rename(aside)


def reason(error: OSError) -> str:
    """Why a file could not be written, as a part of a sentence and without its path."""
    return _REASONS.get(error.errno or 0, (error.strerror or "the file could not be written").lower())


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable. Windows neither needs nor allows it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
