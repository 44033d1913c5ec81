"""The four kinds of holes: where one may be punched, and what it hides."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.lines import code_lines, is_code

Task = Literal["rest_of_line", "next_line", "block", "cell"]
MAX_LINES = 12  # a suggestion has no more
_PIECE = re.compile(r"\w+|[^\w\s]+|\s+")


class Hole(Struct, frozen=True):
    """Characters `start` to `end` of cell number `cell` are hidden; the cursor stands at `start`."""

    task: Task
    document: Document
    cell: int
    start: int
    end: int

    @property
    def hidden(self) -> str:
        return self.document.cells[self.cell].source[self.start : self.end]


class Line(Struct, frozen=True):
    """A line within its cell's source; `end` is before trailing white space."""

    start: int
    text: str

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def end(self) -> int:
        return self.start + len(self.text.rstrip())


def lines_of(source: str) -> list[Line]:
    found, start = [], 0
    for text in source.split("\n"):
        found.append(Line(start, text))
        start += len(text) + 1
    return found


Places = Iterator[tuple[int, int]]


def rest_of_line(lines: list[Line], code: set[int], language: str, chance: random.Random) -> Places:
    """From somewhere in a line to its end: half of them between tokens, half within a word."""
    for number in sorted(code):
        line = lines[number]
        borders, within = _cuts(line, language)
        cuts = (within or borders) if chance.random() < 0.5 else (borders or within)
        if cuts:
            yield line.start + chance.choice(cuts), line.end


def _cuts(line: Line, language: str) -> tuple[list[int], list[int]]:
    borders, within = [], []
    for match in _PIECE.finditer(line.text.rstrip()):
        for cut in range(max(match.start(), line.indent + 1), match.end()):
            if not is_code(line.text[cut:], language):
                continue
            if cut == match.start():
                borders.append(cut)
            elif match[0][0].isalnum():
                within.append(cut)
    return borders, within


def next_line(lines: list[Line], code: set[int], language: str, chance: random.Random) -> Places:
    """A whole line after another one: the cursor is on the fresh line, after its indentation."""
    for number in sorted(code):
        if number and lines[number - 1].text.strip():
            yield lines[number].start + lines[number].indent, lines[number].end


def block(lines: list[Line], code: set[int], language: str, chance: random.Random) -> Places:
    """As `next_line`, to the end of the block or to a blank line: 2 to 12 lines."""
    for number in sorted(code):
        if not number or not lines[number - 1].text.strip():
            continue
        last, indent = number, lines[number].indent
        for line in lines[number + 1 : number + MAX_LINES + 1]:
            if not line.text.strip() or line.indent < indent:
                break
            last += 1
        if 2 <= last - number + 1 <= MAX_LINES:
            yield lines[number].start + lines[number].indent, lines[last].end


IN_A_CELL: dict[Task, Callable[[list[Line], set[int], str, random.Random], Places]] = {
    "rest_of_line": rest_of_line,
    "next_line": next_line,
    "block": block,
}
TASKS: tuple[Task, ...] = (*IN_A_CELL, "cell")


def candidates(document: Document, task: Task, chance: random.Random) -> list[Hole]:
    """Every place of `document` where `task` may be asked, at most one for each line, in order."""
    found = []
    for index, cell in enumerate(document.cells):
        if cell.kind != "code" or not cell.source.strip() or document.target not in ("", cell.id):
            continue
        code = code_lines(cell.source, document.language)
        if task == "cell":
            if _follows_text(document, index) and code and cell.source.strip().count("\n") < MAX_LINES:
                found.append(Hole(task, document, index, 0, len(cell.source)))
            continue
        places = IN_A_CELL[task](lines_of(cell.source), code, document.language, chance)
        found += [Hole(task, document, index, start, end) for start, end in places]
    return found


def _follows_text(document: Document, index: int) -> bool:
    return index > 0 and document.cells[index - 1].kind == "markdown"
