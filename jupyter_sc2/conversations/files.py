"""Conversations as files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from jupyter_sc2 import disk
from jupyter_sc2.messages import Conversation


def folder_of(data: Path, root: str) -> Path:
    """Where a server whose files lie in `root` keeps its conversations: paths of two roots mean different notebooks."""
    return data / "sc2" / "conversations" / hashlib.sha256(os.path.realpath(root).encode()).hexdigest()[:16]


def write(path: Path, conversation: Conversation) -> None:
    """As `disk.replace`."""
    disk.replace(path, msgspec.json.encode(conversation))


def read(path: Path) -> Conversation | None:
    """None for a file that holds no conversation of this version. Raises OSError when it cannot be read at all."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Conversation)
    except msgspec.DecodeError:
        return None
