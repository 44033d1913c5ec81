"""Which files of the given folders are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.documents import Document, Unreadable, read

KINDS = (".ipynb", ".py")
MAX_BYTES = 8 << 20  # a larger file holds data rather than code
_NOT_OURS = {"__pycache__", "node_modules", "site-packages"}


class Found(Struct, frozen=True):
    """`skipped` says in a sentence why each further file was not read."""

    documents: tuple[Document, ...]
    skipped: tuple[str, ...]


def collect(paths: Sequence[Path]) -> Found:
    """Every notebook and Python file, in order of name. Raises Sc2Error when a path is missing or nothing is found."""
    documents: list[Document] = []
    skipped: list[str] = []
    for path, name in _files(paths).items():
        document = _read(path, name)
        if isinstance(document, Document):
            documents.append(document)
        else:
            skipped.append(document)
    if not documents:
        more = f" {len(skipped)} could not be read; the first is {skipped[0]}" if skipped else ""
        raise Sc2Error("no_files", f"There is no notebook (.ipynb) or Python file (.py) to read.{more}")
    return Found(tuple(documents), tuple(skipped))


def _read(path: Path, name: str) -> Document | str:
    """Or why not."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return f"{name}: larger than {MAX_BYTES >> 20} MiB."
        return read(path, name)
    except (OSError, Unreadable) as error:
        return f"{name}: {error}."


def _files(paths: Sequence[Path]) -> dict[Path, str]:
    """Each file once, with the name that it is shown by."""
    found: dict[Path, str] = {}
    for path in paths:
        if path.is_file():
            if path.suffix not in KINDS:
                raise Sc2Error("no_files", f"{path} is neither a notebook (.ipynb) nor a Python file (.py).")
            found.setdefault(path.resolve(), path.name)
        elif path.is_dir():
            for file in sorted(_below(path)):
                found.setdefault(file.resolve(), f"{path.name}/{file.relative_to(path).as_posix()}")
        else:
            raise Sc2Error("no_folder", f"There is no file or folder {path}.")
    return found


def _below(folder: Path) -> Iterable[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _NOT_OURS for part in parts)
        if path.suffix in KINDS and path.is_file() and not hidden:
            yield path
