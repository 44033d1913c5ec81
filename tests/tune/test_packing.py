"""Whole examples in rows of one length."""

import random

from jupyter_sc2.tune.packing import pack


def test_examples_stay_whole():
    rng = random.Random(0)
    examples = [[n] * rng.randrange(1, 40) for n in range(1, 500)]
    rows = pack(examples, 64, 0)
    assert rows.shape[1] == 64
    ids = rows.ravel()
    for example in examples:
        assert (ids == example[0]).sum() == len(example)
        assert len({place // 64 for place in (ids == example[0]).nonzero()[0]}) == 1
    assert (ids == 0).mean() < 0.05, "little is wasted"


def test_a_long_example_keeps_its_end():
    assert pack([[1, 2, 3, 4, 5]], 3, 0).tolist() == [[3, 4, 5]]
