"""Our engine with a teacher, who writes the real text whatever the weights say, and what its steps cost by rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.speed.ours import Ours
from jupyter_sc2.engine.passes import Share

MOST_ROWS = 16


class Teacher(nn.Module):
    """An output layer whose logits are computed as ever and then made to favour the next ids of `target`.

    `given` counts the ids that the answer has so far.
    """

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head
        self.target: list[int] = []
        self.given = 0

    def forward(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.head(hidden)
        for row, token_id in zip(logits, self.target[self.given :], strict=False):
            row[token_id] = 1e4
        return logits


class Taught(Ours):
    def step_costs(self, ids: Sequence[int], rounds: int) -> dict[str, float]:
        """Seconds of a step after `ids` by its rows, 1 to MOST_ROWS: medians of passes taken in turns.

        What a step takes beside its pass is measured without drafts and added to all.
        """
        name = self.submit(ids, 4 * MOST_ROWS + rounds, "costs", keep=False)
        while not self.step():
            pass
        sequence = self.engine.scheduler.find(name)
        assert sequence is not None
        assert sequence.entry is not None
        cache = sequence.entry.cache
        times: dict[int, list[float]] = {rows: [] for rows in range(MOST_ROWS + 1)}  # 0: whole steps
        for number in range(rounds + 1):
            for rows, taken in times.items():
                length, started = cache.length, time.perf_counter()
                if rows:
                    with torch.inference_mode():
                        self.engine.passes.run([Share(sequence, [sequence.ids[-1]], [1] * (rows - 1))])
                else:
                    self.step()
                if number:  # the first round warms up
                    taken.append(time.perf_counter() - started)
                if rows:
                    cache.length = length
        self.engine.cancel(name)
        medians = {rows: statistics.median(taken) for rows, taken in times.items()}
        beside = max(0.0, medians.pop(0) - medians[1])
        return {str(rows): seconds + beside for rows, seconds in medians.items()}

    def taught(self, edits: Sequence[dict[str, Any]], speculate: bool) -> dict[str, float]:
        """Real seconds for an id over answers that a teacher dictates, from their second id on."""
        head = self.engine.model.lm_head
        teacher = Teacher(head)
        self.engine.model.lm_head = teacher  # type: ignore[assignment]
        ids, steps, seconds = 0, 0, 0.0
        try:
            for edit in edits:
                teacher.target, teacher.given = edit["target"], 0
                self.submit(edit["ids"], len(edit["target"]), "taught", True, speculate, edit["document"])
                while not self.engine.idle:
                    started, before = time.perf_counter(), teacher.given
                    teacher.given += self.step()
                    if before:
                        ids, steps = ids + teacher.given - before, steps + 1
                        seconds += time.perf_counter() - started
        finally:
            self.engine.model.lm_head = head
        return {"ids": ids, "steps": steps, "ids_per_step": ids / steps, "ms_per_id": 1e3 * seconds / ids}
