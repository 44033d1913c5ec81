"""What stands beside a document in its folder, as the product would read it there, and fairly: no copies of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.ngrams import Ngrams
from jupyter_sc2.ngrams.beside import MAX_FILES
from jupyter_sc2.ngrams.notebooks import table_of
from jupyter_sc2.tokenizer import Tokenizer

MIN_LINE = 12  # characters of a line that says something
NEAR_COPY = 0.5  # more of a document's lines in another one make that a copy


class Siblings:
    """The tables of `documents`' folders, each built once, in a temporary folder until `close`."""

    def __init__(self, documents: Sequence[Document], tokenizer: Tokenizer) -> None:
        self.documents, self.tokenizer = documents, tokenizer
        self._folder: TemporaryDirectory[str] | None = None
        self._tables: dict[str, str] = {}

    def table(self, document: Document) -> str:
        """The file of the table of what stands beside `document`; empty where nothing does."""
        if document.name not in self._tables:
            made = table_of(map(code_of, beside(document, self.documents)), self.tokenizer)
            self._tables[document.name] = self._saved(made) if made is not None else ""
        return self._tables[document.name]

    def _saved(self, table: Ngrams) -> str:
        try:
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="jupyter-sc2-")
            path = Path(self._folder.name) / f"{len(self._tables)}.npy"
            table.save(path)
        except OSError:  # no room: then it stands alone
            return ""
        return str(path)

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def beside(document: Document, documents: Sequence[Document]) -> list[Document]:
    """Those of its folder that it may know: of each group that with most code; the nearest by name, for want of dates.

    No document of its own group, and none that holds more than half of its lines.
    """
    names = [one.name for one in documents]
    if document.language != "python" or document.name not in names:
        return []
    place, lines = names.index(document.name), lines_of(document)
    groups: dict[str, int] = {}
    for index, other in enumerate(documents):
        fits = _folder(other) == _folder(document) and other.language == "python" and other.group != document.group
        best = groups.get(other.group)
        if fits and (best is None or _size(other) > _size(documents[best])):
            groups[other.group] = index
    near = (documents[index] for index in sorted(groups.values(), key=lambda index: abs(index - place)))
    fair = (other for other in near if len(lines & lines_of(other)) <= NEAR_COPY * len(lines))
    return list(islice(fair, MAX_FILES))


def _size(document: Document) -> int:
    return sum(map(len, code_of(document)))


def _folder(document: Document) -> str:
    return document.name.rpartition("/")[0]


def lines_of(document: Document) -> set[str]:
    """Its lines of code that say something."""
    lines = (line.strip() for source in code_of(document) for line in source.split("\n"))
    return {line for line in lines if len(line) >= MIN_LINE}


def code_of(document: Document) -> list[str]:
    return [cell.source for cell in document.cells if cell.kind == "code"]
