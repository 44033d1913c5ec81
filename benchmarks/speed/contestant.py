"""What every contestant can do, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Timing:
    """Seconds from the start until each new id (or each step of several streams) was there."""

    seconds: list[float]

    @property
    def first(self) -> float:
        return self.seconds[0]

    @property
    def whole(self) -> float:
        return self.seconds[-1]

    @property
    def step(self) -> float:
        """Mean seconds of a step after the first."""
        return (self.seconds[-1] - self.seconds[0]) / (len(self.seconds) - 1) if len(self.seconds) > 1 else 0.0


class Contestant(Protocol):
    def answer(self, ids: Sequence[int], new: int, keep: bool = False) -> Timing:
        """A greedy answer of `new` ids. With `keep`, what was computed for the prompt before may serve again."""

    def together(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        """All prompts at once, `new` ids each."""

    def facts(self) -> dict[str, Any]:
        """Versions, flags, and what else explains the figures."""
