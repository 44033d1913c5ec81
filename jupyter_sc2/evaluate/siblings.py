"""What stands beside a document in its folder, as the product would read it there, and fairly: no copies of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Those of its folder that it may know, one of each group; of many, those nearest by name, for want of dates."""
    names = [one.name for one in documents]
    if document.language != "python" or document.name not in names:
        return []
    place = names.index(document.name)
    near = sorted(range(len(names)), key=lambda index: abs(index - place))
    return list(islice(_fair(document, [documents[index] for index in near]), MAX_FILES))


def _fair(document: Document, others: Sequence[Document]) -> Iterator[Document]:
    folder, lines, groups = _folder(document), lines_of(document), {document.group}
    for other in others:
        if _folder(other) == folder and other.language == "python" and other.group not in groups:
            groups.add(other.group)
            if len(lines & lines_of(other)) <= NEAR_COPY * len(lines):
                yield other


def _folder(document: Document) -> str:
    return document.name.rpartition("/")[0]


def lines_of(document: Document) -> set[str]:
    """Its lines of code that say something."""
    lines = (line.strip() for source in code_of(document) for line in source.split("\n"))
    return {line for line in lines if len(line) >= MIN_LINE}


def code_of(document: Document) -> list[str]:
    return [cell.source for cell in document.cells if cell.kind == "code"]
