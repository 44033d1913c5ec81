"""The Kneser-Ney model against a slow one that is written from the paper's equations."""

from collections import Counter

import numpy as np
import pytest

from jupyter_sc2.evaluate.baselines.ngrams import count, discounts

SIZE, ORDER = 9, 3  # ids 1 to 8 are the vocabulary, 0 cuts


def text(length=400, seed=0):
    """Skewed, so that there are n-grams seen once, twice, three and four times."""
    ids = np.random.default_rng(seed).zipf(1.4, length)
    return np.where(ids < SIZE, ids, 0).astype(np.uint16)


def pieces(ids):
    return [piece.split() for piece in " ".join(map(str, ids)).replace(" 0", " | ").replace("0 ", " | ").split("|")]


class Slow:
    """p(w | h) = (c(h w) - D) / c(h) + D's mass * p(w | shorter h), with counters and recursion."""

    def __init__(self, ids):
        self.counts = []
        for n in range(1, ORDER + 1):
            made = Counter()
            seen = set()
            for piece in pieces(ids):
                words = tuple(map(int, piece))
                for end in range(n, len(words) + 1):
                    gram = words[end - n : end]
                    before = words[end - n - 1] if end > n else "a cut"
                    if n == ORDER or (before, gram) not in seen:
                        made[gram] += 1
                    seen.add((before, gram))
            self.counts.append(made)

    def probability(self, history, word):
        n = len(history)
        lower = self.probability(history[1:], word) if n else 1 / (SIZE - 1)
        of_count = discounts(np.array(list(self.counts[n].values())))
        after = {gram: c for gram, c in self.counts[n].items() if gram[:-1] == history}
        if not after:
            return lower
        total, mass = sum(after.values()), sum(of_count[min(c, 3)] for c in after.values())
        own = after.get((*history, word), 0)
        return (own - of_count[min(own, 3)]) / total + mass / total * lower


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_those_of_a_slow_model(seed):
    ids = text(seed=seed)
    model, slow = count(ids, 1, SIZE, ORDER), Slow(ids)
    for history in [(), (1,), (2, 1), (7, 1), (1, 8), (8, 7), (3, 3)]:
        p = model.probabilities(history)
        assert p[0] == 0
        assert p[1:] == pytest.approx([slow.probability(history, word) for word in range(1, SIZE)])
        assert p.sum() == pytest.approx(1)
        assert p[1:].min() > 0


def test_of_a_long_history_the_last_ids_are_read():
    model = count(text(), 1, SIZE, ORDER)
    assert (model.probabilities([5, 1, 2, 1]) == model.probabilities([2, 1])).all()


def test_no_n_gram_crosses_a_cut():
    model = count(np.array([3, 4, 0, 5, 6], np.uint16), 1, SIZE, ORDER)
    pairs = {divmod(int(key), SIZE) for key in model.keys[1]}
    assert {(int(model.keys[0][first]), last) for first, last in pairs} == {(3, 4), (5, 6)}
    assert len(model.keys[2]) == 0


def test_discounts_are_the_papers():
    assert discounts(np.array([1, 1, 1, 1, 2, 2, 3, 4])) == pytest.approx([0, 0.5, 1.25, 1])
    assert discounts(np.array([1, 1])) == pytest.approx([0, 0.5, 1, 1.5])  # too few to say


@pytest.mark.parametrize("ids", [[], [0], [0, 0]])
def test_without_any_text_all_ids_are_as_likely(ids):
    assert count(np.array(ids, np.uint16), 1, SIZE).probabilities([1, 2])[1:] == pytest.approx([1 / 8] * 8)
