"""A second opinion on the next id, by longest match in the prompt, the user's other notebooks and imported libraries.

Small weights forget what they read and never saw most libraries. Where the last ids occur in a text, what followed them
there gets a share of the chances; the longer the match, the larger the share. The shares were fitted to the weights by
expectation maximisation on other notebooks (`jupyter_sc2.tune.shares`); without shares there is no second voice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import torch
from msgspec import Meta, Struct
from torch import Tensor

from jupyter_sc2.errors import WeightsError
from jupyter_sc2.ngrams import Match, Ngrams

TINY = 1e-30  # a chance that is too small for float32 stays a number: the speller may allow no other id
Share = Annotated[float, Meta(ge=0.0, le=0.95)]


class Shares(Struct, frozen=True):
    """How much of the chances a match gets, by its length in ids: of 1, of 2, ..., the last for all longer ones.

    Without shares of `notebooks` nothing beside the notebook is read. A line that was written before is proposed whole
    where the mean logarithm of its ids' chances is above `line`; without that none is.
    """

    library: Annotated[list[Share], Meta(min_length=1, max_length=32)]
    prompt: Annotated[list[Share], Meta(min_length=1, max_length=32)]
    notebooks: Annotated[list[Share], Meta(max_length=32)] = []
    line: Annotated[float, Meta(ge=-20.0, le=0.0)] | None = None


class _Config(Struct, frozen=True):
    jupyter_sc2_second_voice: Shares | None = None


def read_shares(folder: Path) -> Shares | None:
    """From a `config.json` that was read before. Raises WeightsError when they are no shares."""
    try:
        return msgspec.convert(json.loads((folder / "config.json").read_bytes()), _Config).jupyter_sc2_second_voice
    except msgspec.ValidationError as error:
        raise WeightsError("weights_corrupt", f"{folder / 'config.json'}: {error}.") from None


class SecondVoice:
    """For one request; `prompt` may have more of the notebook before it. `libraries` and `notebooks` may be empty."""

    def __init__(
        self, shares: Shares, prompt: Sequence[int], libraries: Sequence[Ngrams], notebooks: Sequence[Ngrams] = ()
    ) -> None:
        own = [Ngrams.of(prompt)]  # not what is generated: that would feed on itself
        voices = [(libraries, shares.library), (notebooks, shares.notebooks), (own, shares.prompt)]
        self.voices = [(tables, by_length) for tables, by_length in voices if by_length]  # the last has the last word

    def mix(self, logits: Tensor, context: Sequence[int]) -> Tensor:
        """logits [vocab] after `context` -> logarithms of the mixed chances [vocab], on the CPU."""
        mixed = None
        for tables, shares in self.voices:
            matches = longest(tables, context)
            if matches:
                share = shares[min(matches[0].length, len(shares)) - 1]
                mixed = torch.softmax(logits.float().cpu(), dim=-1) if mixed is None else mixed
                mixed.mul_(1.0 - share)
                total = sum(int(match.counts.sum()) for match in matches)
                for match in matches:
                    followed = torch.from_numpy((match.counts * (share / total)).astype(np.float32))
                    mixed.index_add_(0, torch.from_numpy(match.ids), followed)
        return logits if mixed is None else mixed.clamp_min(TINY).log()


def table_at(path: str) -> list[Ngrams]:
    """The table in a file that the server wrote; none where there is none (any more)."""
    try:
        return [_opened(path)] if path else []
    except (OSError, ValueError):
        return []


@lru_cache(maxsize=8)
def _opened(path: str) -> Ngrams:
    """A table is never written twice, so its path stands for its content."""
    return Ngrams.open(Path(path))


def longest(tables: Sequence[Ngrams], context: Sequence[int]) -> list[Match]:
    """The longest matches in `tables`, all of one length."""
    matches = [match for table in tables if (match := table.longest(context))]
    length = max((match.length for match in matches), default=0)
    return [match for match in matches if match.length == length]
