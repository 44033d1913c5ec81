"""Requests in words with the code that answers them, written for this project: what the second phase learns from."""

from __future__ import annotations

import random
import re
from collections.abc import Container, Iterator

from jupyter_sc2.tokenizer import Tokenizer
from jupyter_sc2.tune.requests.family import families
from jupyter_sc2.tune.requests.prompts import MAGIC, row
from jupyter_sc2.tune.requests.scenes import Asked, ask

SNAPSHOT = 0.85  # share of `%%starcoder` requests that come with the kernel's names


def rows(tokenizer: Tokenizer, count: int, seed: int, held_out: Container[str] = ()) -> Iterator[list[int]]:
    """`count` rows of ids: a prompt of the product's and its answer."""
    rng = random.Random(seed)
    for asked in generated(count, seed, held_out):
        yield row(asked, tokenizer, rng)


def generated(count: int, seed: int, held_out: Container[str] = ()) -> Iterator[Asked]:
    """`count` requests, all families in turn; what is `held_out` (normalised) is left out."""
    rng = random.Random(seed)
    every = list(families())
    made = 0
    while made < count:
        rng.shuffle(every)
        for family in every[: count - made]:
            asked = ask(family, rng, rng.random() < MAGIC * SNAPSHOT)
            while normalised(asked.request) in held_out:
                asked = ask(family, rng, rng.random() < MAGIC * SNAPSHOT)
            made += 1
            yield asked


def normalised(request: str) -> str:
    """As requests are compared: lower case, words and numbers only."""
    return re.sub(r"\W+", " ", request.lower()).strip()
