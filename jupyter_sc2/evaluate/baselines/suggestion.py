"""What a baseline answers."""

from __future__ import annotations

from typing import NamedTuple


class Suggestion(NamedTuple):
    """`tokens` counts ids, where the baseline makes any."""

    text: str
    tokens: int = 0
