"""From logits to the next id."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Logprob

COLD = 1e-4  # a temperature below this takes the likeliest, too: logits divided by it may be no numbers any more

LEAST_TOP_P = 1e-30  # what a 32-bit number would round to zero keeps the likeliest, too


class Sampler:
    """One request's way to choose. Its generator is its own, so that a seed gives the same ids in any company.

    `top_k` 0, `penalty` 1, and 0 for `frequency` and `presence` are off.
    """

    def __init__(
        self,
        temperature: float,
        top_p: float,
        seed: int,
        known_ids: int,
        top_k: int = 0,
        penalty: float = 1.0,
        frequency: float = 0.0,
        presence: float = 0.0,
    ) -> None:
        self.temperature, self.top_p, self.top_k, self.penalty = temperature, top_p, top_k, penalty
        self.known_ids, self.frequency, self.presence = known_ids, frequency, presence
        self.generator = torch.Generator().manual_seed(seed)
        self._news: list[int] = []  # ids that `_seen` lacks
        self._seen: Tensor | None = None  # [vocab], whether an id is to be penalised
        self._counts: dict[int, int] = {}  # of the answer's own ids

    def saw(self, ids: Iterable[int]) -> None:
        """Tells of ids that are in the prompt or the answer."""
        if self.penalty != 1:
            self._news += ids

    def wrote(self, token_id: int) -> None:
        """Tells of an id of the answer."""
        self.saw((token_id,))
        if self.frequency or self.presence:
            self._counts[token_id] = self._counts.get(token_id, 0) + 1

    def pick(self, logits: Tensor, allowed: list[int] | None = None) -> int:
        """logits [vocab] -> an id below `known_ids`; temperature 0 takes the likeliest. Raises `nan_logits`.

        With `allowed`, one of these.
        """
        if self.penalty != 1:
            logits = self._penalised(logits)
        if self._counts:
            logits = self._lowered(logits)
        return allowed[self._draw(logits[allowed])] if allowed else self._draw(logits[: self.known_ids])

    def _penalised(self, logits: Tensor) -> Tensor:
        if self._seen is None:
            self._seen = torch.zeros(len(logits), dtype=torch.bool, device=logits.device)
        self._seen[self._news] = True
        self._news.clear()
        lower = torch.where(logits > 0, logits / self.penalty, logits * self.penalty)
        return torch.where(self._seen, lower, logits)

    def _lowered(self, logits: Tensor) -> Tensor:
        """By OpenAI's penalties: each time an id was written, and once for that it was."""
        ids = torch.tensor(list(self._counts), device=logits.device)
        by = [self.frequency * count + self.presence for count in self._counts.values()]
        return logits.index_add(0, ids, torch.tensor(by, dtype=logits.dtype, device=logits.device), alpha=-1)

    def _draw(self, logits: Tensor) -> int:
        best, index = logits.max(dim=-1)
        if not math.isfinite(best.item()):  # max passes NaN on
            raise Sc2Error("nan_logits", "The model's answer is not a number.", "Check the weights and the precision.")
        if self.temperature < COLD:
            return int(index)
        logits = logits.float().cpu() / self.temperature
        if 0 < self.top_k < len(logits):
            logits = logits.masked_fill(logits < logits.topk(self.top_k).values[-1], -math.inf)
        chances = torch.softmax(logits, dim=-1)
        if self.top_p < 1:
            chances = nucleus(chances, self.top_p)
        return int(torch.multinomial(chances, 1, generator=self.generator))


def nucleus(chances: Tensor, top_p: float) -> Tensor:
    """Keeps the likeliest ids [vocab] that together reach `top_p`, at least one (https://arxiv.org/abs/1904.09751)."""
    ordered, order = chances.sort(descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    return torch.zeros_like(chances).scatter_(0, order, ordered.masked_fill(before >= max(top_p, LEAST_TOP_P), 0.0))


def logprob(logits: Tensor, token_id: int, others: int) -> Logprob:
    """The logarithm of an id's chance by logits [known ids], and the `others` likeliest ids with theirs."""
    chances = torch.log_softmax(logits.float(), dim=-1)
    best = chances.topk(min(others, len(chances)))
    return Logprob(float(chances[token_id]), list(zip(best.indices.tolist(), best.values.tolist(), strict=True)))
