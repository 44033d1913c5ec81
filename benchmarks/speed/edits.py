"""A trace of edits over real notebooks: at each cell someone opens it again and writes its text once more.

`write`: the cell is empty; what is to come is its whole text. `extend`: its first half is there, the rest is to come.
`revise`: it is empty, but its former version, which lacks a line, is still known to the lookup. All other cells are
there, before it and after it, as the product's own prompt builder shows them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.speed.texts import Cells
from jupyter_sc2.notebook import Limits, SourceCell
from jupyter_sc2.prompt.ghost import Prompt, Style, Subject, build
from jupyter_sc2.tokenizer import Tokenizer

KINDS = ("write", "extend", "revise")
LEAST, MOST = 8, 256  # ids of an answer


@dataclass(frozen=True)
class Edit:
    """`ids` is the prompt, `document` what is looked up beside it, `target` the real text that follows."""

    kind: str
    notebook: str
    ids: list[int]
    document: list[int]
    target: list[int]


def edits(
    notebooks: dict[str, Cells], tokenizer: Tokenizer, prompt_ids: int, style: Style, kinds: tuple[str, ...] = KINDS
) -> Iterator[Edit]:
    for name, cells in notebooks.items():
        for index in range(1, len(cells)):
            for kind in kinds:
                edit = edit_at(name, cells, index, kind, tokenizer, prompt_ids, style)
                if len(edit.target) >= LEAST:
                    yield edit


def edit_at(
    name: str, cells: Cells, index: int, kind: str, tokenizer: Tokenizer, prompt_ids: int, style: Style
) -> Edit:
    lines = cells[index].splitlines(keepends=True)
    there = "".join(lines[: len(lines) // 2]) if kind == "extend" else ""
    prompt = prompt_at([*cells[:index], there, *cells[index + 1 :]], index, len(there), tokenizer, prompt_ids, style)
    former = "".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :]) if kind == "revise" else ""
    document = [*prompt.document, *tokenizer.encode(former)]
    target = tokenizer.encode(prompt.spell + cells[index][len(there) :])[:MOST]
    return Edit(kind, name, prompt.ids, document, target)


def prompt_at(sources: Cells, index: int, offset: int, tokenizer: Tokenizer, prompt_ids: int, style: Style) -> Prompt:
    cells = [
        SourceCell(f"c{number}", "code", source, hashlib.sha256(source.encode()).hexdigest())
        for number, source in enumerate(sources)
    ]
    return build(Subject(cells, index, offset), tokenizer, Limits(prompt_ids), style)
