"""Who runs next: ghost text before magic before chat, and nobody waits for ever."""

from __future__ import annotations

from bisect import insort

from jupyter_sc2.engine.pool import CachePool
from jupyter_sc2.engine.sequence import Sequence

MAX_RUNNING = 8
SHORT = 16  # ids to read: a pass takes them along
FAIR_TURN = 8  # each such turn goes to whoever has not run for longest, whatever its priority


class Scheduler:
    """Waiting requests in order of rank, and the few that run. Their KV caches together fit into the pool's limit."""

    def __init__(self, pool: CachePool) -> None:
        self.pool = pool
        self.waiting: list[Sequence] = []
        self.running: list[Sequence] = []
        self.turn = 0

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.running

    def add(self, sequence: Sequence) -> None:
        insort(self.waiting, sequence, key=lambda waiting: waiting.rank)

    def find(self, request_id: str) -> Sequence | None:
        everyone = self.running + self.waiting
        return next((sequence for sequence in everyone if sequence.request.request_id == request_id), None)

    def remove(self, sequence: Sequence) -> None:
        """Does nothing for one that is not here."""
        for line in (self.running, self.waiting):
            if sequence in line:
                line.remove(sequence)

    def next(self) -> list[Sequence]:
        """Admits whom it can, and returns who may share the next pass: first whose turn it is, then the others.

        Everyone who decodes joins. Prefills join, the newest first, unless somebody more important decodes.
        """
        self._admit()
        if not self.running:
            return []
        self.turn += 1
        first = self._choose()
        if first.alone or len(self.running) == 1:
            return [first]
        others = [sequence for sequence in self.running if sequence is not first and not sequence.alone]
        decoding = sorted((one for one in others if one.remaining == 1), key=lambda one: (one.priority, one.turn))
        least = min(sequence.priority for sequence in (first, *decoding))
        prefilling = [one for one in others if one.remaining != 1 and one.priority <= least]
        return [first, *decoding, *sorted(prefilling, key=lambda one: (one.priority, *_haste(one)))]

    def _choose(self) -> Sequence:
        longest_unheard = min(self.running, key=lambda sequence: sequence.turn)
        if self.turn % FAIR_TURN == 0:
            return longest_unheard
        first = min(sequence.priority for sequence in self.running)
        foremost = [sequence for sequence in self.running if sequence.priority == first]
        prefilling = [sequence for sequence in foremost if sequence.remaining > 1]
        if prefilling:
            return min(prefilling, key=_haste)
        return min(foremost, key=lambda sequence: sequence.turn)

    def _admit(self) -> None:
        """Lets the first in line run; one of lower priority makes room for it and waits again."""
        while self.waiting:
            head = self.waiting[0]
            if self._has_room(head):
                self.running.append(self.waiting.pop(0))
                continue
            last = max(self.running, key=lambda sequence: sequence.rank)
            if last.priority <= head.priority:
                break
            self._pause(last)

    def _has_room(self, head: Sequence) -> bool:
        """Candidates that wait for their prompt have a place already."""
        everyone = [member for sequence in (*self.running, head) for member in (sequence, *sequence.unborn)]
        sizes = [self.pool.size(sequence.positions) for sequence in everyone]
        return not self.running or (len(sizes) <= MAX_RUNNING and sum(sizes) <= self.pool.limit)

    def _pause(self, sequence: Sequence) -> None:
        """Puts a running request back in line. Its KV cache stays in the pool, for as long as there is room."""
        if sequence.entry is not None:
            self.pool.give_back(sequence.entry)
            sequence.entry = None
        self.running.remove(sequence)
        self.add(sequence)


def _haste(sequence: Sequence) -> tuple[bool, int]:
    """Among equals: what has little left to read, then the newest, which is what the user looks at now."""
    return sequence.remaining > SHORT, -sequence.arrival
