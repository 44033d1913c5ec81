"""The table of the notebooks and Python files beside a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from jupyter_sc2.ngrams.beside import MAX_BYTES, files_beside
from jupyter_sc2.ngrams.table import Ngrams
from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

MAX_CHARS = 2_000_000  # of all files together
MAX_IDS = 1_000_000  # of one table: 12 MB on disk
_BOM = b"\xef\xbb\xbf"


class _Cell(Struct):
    cell_type: str
    source: str | list[str] | None = ""


class _Language(Struct):
    name: str | None = ""
    language: str | None = ""


class _Metadata(Struct):
    language_info: _Language | None = None
    kernelspec: _Language | None = None


class _Notebook(Struct):
    """The part of a notebook of format 4 that is read: no outputs."""

    cells: list[_Cell]
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)

    @property
    def is_python(self) -> bool:
        info, spec = self.metadata.language_info or _Language(), self.metadata.kernelspec or _Language()
        return (info.name or spec.language or "python").lower() == "python"


def build(root: Path, path: str, tokenizer: Tokenizer, table: Path) -> bool:
    """Writes the table of what stands beside `path`. False where nothing does. Raises OSError for `table` only."""
    made = table_of((sources_of(file.path) for file in files_beside(root, path)), tokenizer)
    if made is not None:
        made.save(table)
    return made is not None


def sources_of(path: Path) -> list[str]:
    """The code cells of a Python notebook, or a file's whole text. Nothing of what cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1).removeprefix(_BOM)
        if len(content) > MAX_BYTES:
            return []
        if path.suffix != ".ipynb":
            return [content.decode()]
        notebook = msgspec.json.decode(content, type=_Notebook)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"] if notebook.is_python else []
    return [cell.source if isinstance(cell.source, str) else "".join(cell.source or ()) for cell in cells]


def table_of(files: Iterable[Sequence[str]], tokenizer: Tokenizer) -> Ngrams | None:
    """Of files, each as the sources of its cells. Secrets are masked. A file for which there is no room is left out."""
    ids: list[int] = []
    room = MAX_CHARS
    for sources in files:
        length = sum(map(len, sources))
        if any(map(str.strip, sources)) and length <= room:
            room -= length
            text = "".join(f"{mask_secrets(_plain(source))}\n\n" for source in sources)
            ids += [SPECIAL_ID["<file_sep>"], *tokenizer.encode(text)]
    return Ngrams.of(np.asarray(ids[:MAX_IDS], dtype=np.uint32)) if ids else None


def _plain(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")
