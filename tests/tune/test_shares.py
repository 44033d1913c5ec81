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
        library, notebooks, prompt = rng.choice((0, 1, 2)), rng.choice((0, 4)), rng.choice((0, 3, 30))
        if prompt and rng.random() < 0.6:
            seen.append(Seen(0.01, (library, 0.0), (notebooks, 0.0), (prompt, 1.0)))
        elif notebooks and rng.random() < 0.3:
            seen.append(Seen(0.01, (library, 0.0), (notebooks, 1.0), (prompt, 0.0)))
        elif library and rng.random() < (0.1, 0.4)[library - 1]:
            seen.append(Seen(0.01, (library, 1.0), (notebooks, 0.0), (prompt, 0.0)))
        else:
            seen.append(Seen(0.9, (library, 0.0), (notebooks, 0.0), (prompt, 0.0)))
    shares = fit(seen)
    assert len(shares.library) == len(shares.notebooks) == len(shares.prompt) == LENGTHS
    assert shares.library[:2] == pytest.approx([0.1, 0.4], abs=0.03)
    assert shares.notebooks[3] == pytest.approx(0.3, abs=0.03)
    assert shares.prompt[2] == pytest.approx(0.6, abs=0.03)
    assert shares.prompt[LENGTHS - 1] == pytest.approx(0.6, abs=0.03)
    assert shares.library[5] == shares.notebooks[5] == 0.05, "never seen"
