"""Intervals of means: how far they may be off, drawn again and again from the same holes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

ROUNDS = 2000
MIN_FILES = 8  # with fewer files the holes are drawn singly: files say nothing about their spread


class Mean(Struct, frozen=True):
    """A mean with its 95% interval, over `n` holes."""

    mean: float
    ci95: tuple[float, float]
    n: int


def mean_of(values: Sequence[float], files: Sequence[str], seed: int) -> Mean | None:
    """Whole files are drawn, whose holes resemble each other; `files` has one for each value. None without values."""
    if not values:
        return None
    names = sorted(set(files))
    place = {name: number for number, name in enumerate(names)}
    groups = [place[name] for name in files] if len(names) >= MIN_FILES else list(range(len(values)))
    sums = np.bincount(groups, weights=np.asarray(values, dtype=float))
    counts = np.bincount(groups)
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(ROUNDS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Mean(float(np.mean(values)), (float(low), float(high)), len(values))
