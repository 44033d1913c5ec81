"""Fitting the second voice's shares."""

from __future__ import annotations

import random

import pytest

from jupyter_sc2.tune.shares import LENGTHS, Seen, fit


def test_finds_the_shares_that_made_the_text() -> None:
    """Texts are drawn from a mixture of known shares; the fit must find these."""
    rng = random.Random(0)
    seen = []
    for _ in range(20_000):
        library, prompt = rng.choice((0, 1, 2)), rng.choice((0, 3, 30))
        said = rng.random()
        if prompt and said < 0.6:
            seen.append(Seen(0.01, (library, 0.0), (prompt, 1.0)))
        elif library and rng.random() < (0.1, 0.4)[library - 1]:
            seen.append(Seen(0.01, (library, 1.0), (prompt, 0.0)))
        else:
            seen.append(Seen(0.9, (library, 0.0), (prompt, 0.0)))
    shares = fit(seen)
    assert len(shares.library) == len(shares.prompt) == LENGTHS
    assert shares.library[:2] == pytest.approx([0.1, 0.4], abs=0.03)
    assert shares.prompt[2] == pytest.approx(0.6, abs=0.03)
    assert shares.prompt[LENGTHS - 1] == pytest.approx(0.6, abs=0.03)
    assert shares.library[5] == 0.05, "never seen"
