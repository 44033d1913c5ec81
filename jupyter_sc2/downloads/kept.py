"""Small JSON files of ours in Jupyter's data folder: written whole or not at all, readable by their owner alone."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from jupyter_core.paths import jupyter_data_dir

from jupyter_sc2 import disk

Kind = TypeVar("Kind")
MAX_BYTES = 4 << 20


def data_folder() -> Path:
    return Path(jupyter_data_dir()) / "sc2"


def file_of(folder: Path, weights: str) -> Path:
    return folder / f"{weights.replace('/', '--')}.json"


def write(path: Path, value: msgspec.Struct) -> None:
    """Raises OSError and leaves the old file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk.replace(path, msgspec.json.format(msgspec.json.encode(value)))


def read(path: Path, kind: type[Kind]) -> Kind | None:
    """None where there is no such file, or none that can be read."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
