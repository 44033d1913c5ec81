"""One request inside the engine."""

from __future__ import annotations

from jupyter_sc2.engine.pool import Entry
from jupyter_sc2.engine.sampler import Sampler
from jupyter_sc2.messages import Submit, Usage


class Sequence:
    """`ids` are the prompt's and then the new ones. Of them the KV cache in `entry` holds the first `computed`."""

    def __init__(self, request: Submit, arrival: int, known_ids: int) -> None:
        self.request, self.arrival = request, arrival
        self.ids = list(request.ids)
        self.stop_ids = frozenset(request.stop_ids)
        self.sampler = Sampler(request.temperature, request.top_p, request.seed, known_ids)
        self.entry: Entry | None = None
        self.recomputed: int | None = None  # prompt ids that no cache held; None before the first step
        self.turn = 0  # the step in which it last ran

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller goes first."""
        return self.request.priority, self.arrival

    @property
    def positions(self) -> int:
        """Positions that the KV cache may come to hold."""
        return len(self.request.ids) + self.request.max_new_tokens

    @property
    def warms(self) -> bool:
        return self.request.max_new_tokens == 0

    @property
    def computed(self) -> int:
        return 0 if self.entry is None else self.entry.cache.length

    @property
    def remaining(self) -> int:
        """Ids to compute before the next one can be chosen: 1 while decoding, more during prefill."""
        return len(self.ids) - self.computed

    @property
    def new_ids(self) -> int:
        return len(self.ids) - len(self.request.ids)

    @property
    def usage(self) -> Usage:
        return Usage(len(self.request.ids), self.recomputed or 0, self.new_ids)
