"""The lines of texts, found by how they begin and by what stood before them: people write the same lines again."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

MAX_CANDIDATES = 500  # that are compared
MAX_CHARS = 500  # of a line; a longer one holds data
COMMENTS = ("#", "//", "--")  # in a prompt these are outputs, names and marks of cells, too: never proposed
LIKE = 0.5  # how similar the line before must be where nothing is typed yet
_LAST = "\U0010ffff"


class Line(NamedTuple):
    """Both without indentation; `before` is the last line above it that is not blank. `place` counts upwards."""

    text: str
    before: str
    place: int


class Lines:
    def __init__(self, texts: Iterable[str]) -> None:
        found = [line for text in texts for line in _lines(text)]
        self._sorted = sorted(Line(text, before, place) for place, (text, before) in enumerate(found))
        self._after: dict[str, list[Line]] = defaultdict(list)
        for line in self._sorted:
            self._after[_first_word(line.before)].append(line)

    def like(self, typed: str, before: str) -> tuple[float, Line] | None:
        """The line that begins with `typed`, and goes on, after the line most similar to `before`; the last of several.

        With how similar that is, from 0 to 1.
        """
        if typed:
            first, last = (bisect_left(self._sorted, (end,)) for end in (typed, typed + _LAST))
            candidates: Sequence[Line] = self._sorted[first:last]
        else:
            candidates = self._after.get(_first_word(before), ())
        candidates = sorted(candidates, key=attrgetter("place"))[-MAX_CANDIDATES:]
        rated = [(similarity(before, line.before), line) for line in candidates if len(line.text) > len(typed)]
        best = max(rated, key=lambda one: (one[0], one[1].place), default=None)
        return None if best is None or (not typed and best[0] < LIKE) else best


def similarity(a: str, b: str) -> float:
    """How much of the longer one is the same at both ends."""
    if a == b:
        return 1.0
    shorter, longer = sorted((len(a), len(b)))
    start = next((n for n in range(shorter) if a[n] != b[n]), shorter)
    end = next((n for n in range(shorter - start) if a[-1 - n] != b[-1 - n]), shorter - start)
    return (start + end) / longer


def _lines(text: str) -> Iterable[tuple[str, str]]:
    before = ""
    for line in map(str.strip, text.split("\n")):
        if line:
            if len(line) <= MAX_CHARS and not line.startswith(COMMENTS):
                yield line, before
            before = line[:MAX_CHARS]


def _first_word(text: str) -> str:
    return text[: next((n for n, character in enumerate(text) if not character.isalnum()), len(text))]
