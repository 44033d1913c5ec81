"""The folders that are read and written, and what they hold."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec
from jupyter_core.paths import jupyter_data_dir

from jupyter_sc2.doctor.report import Copy, Folder
from jupyter_sc2.downloads.places import hub_cache
from jupyter_sc2.supervisor import copies_folder, tables_folder

MOST_FILES = 100_000


def data_folder() -> Path:
    """Conversations, licences, choices and records of downloads."""
    return Path(jupyter_data_dir()) / "sc2"


def folders() -> list[Folder]:
    places = {"data": data_folder(), "Hugging Face cache": hub_cache(), "converted copies": Path(copies_folder())}
    places["library tables"] = Path(tables_folder())
    return [look(name, path, count=name != "Hugging Face cache") for name, path in places.items()]


def look(name: str, path: Path, count: bool) -> Folder:
    """The Hub's cache is not counted: it may hold terabytes of others' files."""
    return Folder(name, str(path), path.is_dir(), writable(path), size(path) if count else -1)


def writable(path: Path) -> bool:
    """Whether files can be put there, once the folder is made."""
    existing = next((folder for folder in (path, *path.parents) if folder.exists()), path)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def size(path: Path) -> int:
    """Bytes of the files below; links are not followed."""
    found = 0
    for number, (folder, _, names) in enumerate(os.walk(path)):
        if number > MOST_FILES:
            break
        for name in names:
            with suppress(OSError):
                found += os.lstat(os.path.join(folder, name)).st_size
    return found


class _Manifest(msgspec.Struct):
    precision: str


def copies() -> list[Copy]:
    """Converted copies; half-written ones have no precision."""
    found = []
    folder = Path(copies_folder())
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_dir():
            try:
                precision = msgspec.json.decode((path / "copy.json").read_bytes(), type=_Manifest).precision
            except (OSError, msgspec.DecodeError):
                precision = ""
            found.append(Copy(path.name, precision, size(path)))
    return found
