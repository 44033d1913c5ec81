"""Likelihood of hidden text, with the built-in weights."""

import math

import pytest

from jupyter_sc2 import catalog
from jupyter_sc2.engine.weights import load
from jupyter_sc2.tune.likelihood import interval, nats


@pytest.fixture(scope="module")
def model():
    return load(catalog.find("built-in").folder, precision="float32").model


def test_what_stands_in_the_prompt_is_foreseen(model, tokenizer):
    hidden = tokenizer.encode("wavelet_gain = 0.25")
    seen, unseen = (tokenizer.encode(f"# %%\n{line}\n" * 4) for line in ("wavelet_gain = 0.25", "print(1)"))
    assert nats(model, seen, hidden) < nats(model, unseen, hidden) - 1


def test_it_is_the_mean_over_the_hidden_ids(model, tokenizer):
    prompt, (one, two) = tokenizer.encode("import "), tokenizer.encode("numpy as")[:2]
    both = nats(model, prompt, [one, two])
    assert both == pytest.approx((nats(model, prompt, [one]) + nats(model, [*prompt, one], [two])) / 2, rel=1e-4)


def test_holes_of_one_file_are_not_independent():
    differences = [1.0, 1.0, -1.0, -1.0]
    mean, together = interval(differences, ["a", "a", "b", "b"])
    _, apart = interval(differences, ["a", "b", "c", "d"])
    assert (mean, together, apart) == (0, pytest.approx(1.96 * math.sqrt(8) / 4), pytest.approx(1.96 * 2 / 4))
