"""From logits to the next id."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jupyter_sc2.errors import Sc2Error


class Sampler:
    """One request's way to choose. Its generator is its own, so that a seed gives the same ids in any company."""

    def __init__(self, temperature: float, top_p: float, seed: int, known_ids: int) -> None:
        self.temperature, self.top_p, self.known_ids = temperature, top_p, known_ids
        self.generator = torch.Generator().manual_seed(seed)

    def pick(self, logits: Tensor, allowed: list[int] | None = None) -> int:
        """logits [vocab] -> an id below `known_ids`; temperature 0 takes the likeliest. Raises `nan_logits`.

        With `allowed`, one of these.
        """
        if allowed:
            return allowed[self.pick(logits[allowed])]
        logits = logits[: self.known_ids]
        best, index = logits.max(dim=-1)
        if not math.isfinite(best.item()):  # max passes NaN on
            raise Sc2Error("nan_logits", "The model's answer is not a number.", "Check the weights and the precision.")
        if self.temperature == 0:
            return int(index)
        chances = torch.softmax(logits.float().cpu() / self.temperature, dim=-1)
        if self.top_p < 1:
            chances = nucleus(chances, self.top_p)
        return int(torch.multinomial(chances, 1, generator=self.generator))


def nucleus(chances: Tensor, top_p: float) -> Tensor:
    """Keeps the likeliest ids [vocab] that together reach `top_p`, at least one (https://arxiv.org/abs/1904.09751)."""
    ordered, order = chances.sort(descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    return torch.zeros_like(chances).scatter_(0, order, ordered.masked_fill(before >= top_p, 0.0))
