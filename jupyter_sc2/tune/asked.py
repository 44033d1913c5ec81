"""Training examples that are the product's own prompts: built by `prompt/ghost.py` at its `format_version`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from jupyter_sc2.notebook import EXECUTION_AWARE, Limits, Policy, SourceCell
from jupyter_sc2.prompt.ghost import Style, Subject, build
from jupyter_sc2.tokenizer import Tokenizer
from jupyter_sc2.tune.documents import Document
from jupyter_sc2.tune.examples import ghost_span
from jupyter_sc2.tune.imagined import imagine

LIMITS = (384, 512, 512, 768, 1024, 1792)  # token ids of a prompt; short ones fit the rows of most of the training
HEALED, DELETED, WITHOUT_STATE = 0.7, 0.25, 0.25  # shares of holes
CELLS_FOR_A_HOLE = 2  # a hole for so many code cells


def asked(document: Document, tokenizer: Tokenizer, rng: random.Random) -> Iterator[list[int]]:
    """Prompts at holes of a notebook, each followed by the hidden text, as ids."""
    cells, outputs = cells_of(document)
    places = [i for i, cell in enumerate(cells) if cell.kind == "code" and len(cell.source.strip()) > 8]
    for target in rng.sample(places, -(-len(places) // CELLS_FOR_A_HOLE)):
        yield _asked(cells, outputs, target, tokenizer, rng)


def cells_of(document: Document) -> tuple[list[SourceCell], list[str]]:
    """The document's cells as the product's, and what each printed."""
    cells: list[SourceCell] = []
    outputs: list[str] = []
    for cell in document.cells:
        if cell.kind == "output":
            if outputs:
                outputs[-1] = cell.source
            continue
        sha = hashlib.sha256(cell.source.encode()).hexdigest()
        cells.append(SourceCell(f"c{len(cells)}", "code" if cell.kind == "code" else "markdown", cell.source, sha))
        outputs.append("")
    return cells, outputs


def _asked(
    cells: list[SourceCell], outputs: list[str], target: int, tokenizer: Tokenizer, rng: random.Random
) -> list[int]:
    source = cells[target].source
    start, end = ghost_span(source, rng.randrange(len(source)), rng)
    state = imagine(cells, target, outputs, rng) if rng.random() > WITHOUT_STATE else None
    shown = [*cells[:target], SourceCell("target", "code", source[:start] + source[end:]), *cells[target + 1 :]]
    gone = {i for i in range(target) if state and rng.random() < DELETED / 2} if rng.random() < DELETED * 2 else set()
    shown, at = [cell for i, cell in enumerate(shown) if i not in gone], target - len(gone)
    policy = EXECUTION_AWARE if state else Policy("document", False, False)
    subject = Subject(shown, at, start, state=state)
    style = Style("spm", rng.random() < HEALED)
    prompt = build(subject, tokenizer, Limits(rng.choice(LIMITS)), style, policy)
    return [*prompt.ids, *tokenizer.encode(prompt.spell + source[start:end])]
