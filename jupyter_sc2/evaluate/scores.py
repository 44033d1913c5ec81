"""How close a suggestion came to what the hole hides."""

from __future__ import annotations

import operator
from itertools import takewhile

from msgspec import Struct

from jupyter_sc2.evaluate.distance import distance
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.prompt.reply import parses

METRICS = ("exact_match", "edit_similarity", "useful_prefix", "valid_syntax", "tokens")
CLOSENESS = METRICS[:3]


class Scores(Struct, frozen=True):
    """All from 0 to 1 but `tokens`, the ids until the suggestion ended.

    `valid_syntax` is None where the cell was no Python before, or where nothing was suggested: nothing can be said.
    """

    exact_match: float
    edit_similarity: float
    useful_prefix: float
    valid_syntax: float | None
    tokens: float


def score(hole: Hole, text: str, tokens: int) -> Scores:
    """`text` is the whole suggestion. Where one line is hidden, its first line is compared; all of it is parsed."""
    hidden = hole.hidden.rstrip()
    shown = text.rstrip()
    if hole.task in ("rest_of_line", "next_line"):
        shown = shown.partition("\n")[0].rstrip()
    return Scores(
        exact_match=float(shown == hidden),
        edit_similarity=1.0 - distance(shown, hidden) / max(len(shown), len(hidden)),
        useful_prefix=_common(shown, hidden) / len(hidden),
        valid_syntax=_valid(hole, text),
        tokens=float(tokens),
    )


def _common(a: str, b: str) -> int:
    """How many characters both begin with."""
    return sum(takewhile(bool, map(operator.eq, a, b)))


def _valid(hole: Hole, text: str) -> float | None:
    source = hole.document.cells[hole.cell].source
    if not text.strip() or hole.document.language != "python" or source.startswith("%%") or not parses(source):
        return None
    return float(parses(source[: hole.start] + text + source[hole.end :]))
