"""The files that a command writes: a mistake in their names is told before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jupyter_sc2.errors import Sc2Error


def check_folders(paths: Iterable[Path | None]) -> None:
    """Raises Sc2Error for a file in a folder that is not there."""
    for path in filter(None, paths):
        if not path.absolute().parent.is_dir():
            raise Sc2Error("no_folder", f"There is no folder {path.parent} to write {path.name} into.")


def write(path: Path, text: str) -> None:
    """Raises Sc2Error where the file cannot be written."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Sc2Error("cannot_write", f"{path} cannot be written: {error.strerror}.") from None
