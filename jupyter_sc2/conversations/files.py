"""Conversations as files: written whole or not at all, and set aside when they cannot be read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec

from jupyter_sc2.messages import Conversation

TEMPORARY = ".tmp"
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be too large",
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.EROFS: "the folder may not be written",
}


def write(path: Path, conversation: Conversation) -> None:
    """Replaces `path` at once and durably, readable by its owner alone. Raises OSError and leaves the old file."""
    temporary = path.with_suffix(TEMPORARY)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(conversation))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read(path: Path) -> Conversation | None:
    """None for a file that holds no conversation of this version. Raises OSError when it cannot be read at all."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Conversation)
    except msgspec.DecodeError:
        return None


def set_aside(path: Path) -> Path:
    """Renames an unreadable file to a free name beside it, so that nothing is lost and it is not read again."""
    number = 1
    while (aside := path.with_suffix(f".corrupt-{number}")).exists():
        number += 1
    return path.rename(aside)


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
