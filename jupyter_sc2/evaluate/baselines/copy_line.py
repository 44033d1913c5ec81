"""Baselines: the rest of the line that fits best, of the document or of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jupyter_sc2.evaluate.baselines.suggestion import Suggestion
from jupyter_sc2.evaluate.distance import distance
from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.siblings import beside
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.notebook import SourceCell


class Line(NamedTuple):
    """Both without indentation; `before` is the last line above it in its cell that is not blank."""

    text: str
    before: str


class CopyLine:
    """The rest of one line: of that which holds the longest end of what is typed before the cursor.

    Among several, that with the longest common beginning, then with the most similar line before it, then the nearest.
    On a fresh line nothing is typed, so that the line is copied that followed the most similar line. What stands beside
    the document in `documents` counts as above it.
    """

    def __init__(self, documents: Sequence[Document] = ()) -> None:
        self.documents = documents
        self._beside: dict[str, list[Line]] = {}

    def suggest(self, hole: Hole) -> Suggestion:
        (*above, typed), below = _above(hole), _below(hole)
        name = hole.document.name
        if name not in self._beside:
            others = beside(hole.document, self.documents)
            self._beside[name] = [line for other in others for line in _lines_of(other.cells) if line.text]
        above = [*self._beside[name], *above]
        best, rest = None, ""
        for place, line in [*enumerate(above, -len(above)), *enumerate(below, 1)]:
            end, after = _longest_end(typed.text, line.text)
            if not line.text[after:]:
                continue
            fits = (end, _common(typed.text, line.text), _similarity(typed.before, line.before), -abs(place))
            if best is None or fits > best:
                best, rest = fits, line.text[after:]
        return Suggestion(rest)


def _longest_end(typed: str, text: str) -> tuple[int, int]:
    """(how many of the last characters of `typed` stand in `text`, where they end there)."""
    for length in range(len(typed), 0, -1):
        at = text.find(typed[-length:])
        if at >= 0:
            return length, at + length
    return 0, 0


def _above(hole: Hole) -> list[Line]:
    """Every line before the cursor, and what is typed of the cursor's own."""
    *lines, typed = _lines(hole.document.cells[hole.cell].source[: hole.start])
    return [line for line in [*_lines_of(hole.document.cells[: hole.cell]), *lines] if line.text] + [typed]


def _below(hole: Hole) -> list[Line]:
    """Every line after the cursor's own."""
    _, *lines = _lines(hole.document.cells[hole.cell].source[hole.end :])
    return [line for line in [*lines, *_lines_of(hole.document.cells[hole.cell + 1 :])] if line.text]


def _lines_of(cells: Sequence[SourceCell]) -> list[Line]:
    return [line for cell in cells if cell.kind == "code" for line in _lines(cell.source)]


def _lines(source: str) -> Iterator[Line]:
    before = ""
    for text in map(str.lstrip, source.split("\n")):
        yield Line(text, before)
        before = text.rstrip() or before


def _common(a: str, b: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _similarity(a: str, b: str) -> float:
    """From 0 to 1; two first lines are the same."""
    return 1.0 - distance(a, b) / max(len(a), len(b), 1)
