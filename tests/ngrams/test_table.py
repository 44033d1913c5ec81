"""Longest matches, against a search that looks at every place."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from jupyter_sc2.ngrams.table import DEPTH, SPECIAL, Ngrams


def slow_longest(text: list[int], context: list[int]) -> tuple[int, Counter[int]] | None:
    best: tuple[int, Counter[int]] | None = None
    for length in range(1, DEPTH + 1):
        tail = context[-length:]
        if len(tail) < length or min(tail) < SPECIAL:
            break
        places = [i for i in range(length, len(text)) if text[i - length : i] == tail]
        if not places:
            break
        best = length, Counter(text[i] for i in places if text[i] >= SPECIAL)
    return best if best and best[1] else None


@pytest.mark.parametrize("seed", range(20))
def test_is_the_slow_search(seed: int, tmp_path) -> None:
    rng = random.Random(seed)
    letters = [SPECIAL + n for n in range(rng.choice((2, 4, 30)))] + [0]
    text = [rng.choice(letters) for _ in range(rng.choice((1, 7, 60, 900)))]
    Ngrams.of(text).save(tmp_path / "table.npy")
    for table in (Ngrams.of(text), Ngrams.open(tmp_path / "table.npy")):
        for _ in range(60):
            start = rng.randrange(len(text))
            known = text[start : start + rng.randrange(1, 30)] + rng.choices(letters, k=rng.randrange(2))
            found = table.longest(known)
            told = found and (found.length, Counter(dict(zip(found.ids.tolist(), found.counts.tolist(), strict=True))))
            assert told == slow_longest(text, known)


@pytest.mark.parametrize("seed", range(10))
def test_what_follows_a_longest_match(seed: int) -> None:
    rng = random.Random(seed)
    letters = [SPECIAL + n for n in range(rng.choice((2, 4, 30)))] + [0]
    text = [rng.choice(letters) for _ in range(rng.choice((1, 7, 60, 900)))]
    for _ in range(60):
        start, count = rng.randrange(len(text)), rng.randrange(1, 6)
        known = text[start : start + rng.randrange(1, 30)] + rng.choices(letters, k=rng.randrange(2))
        following, length = Ngrams.of(text).following(known, count)
        lengths = [n for n in range(1, DEPTH + 1) if _places(text, known, n)]
        assert length == max(lengths, default=0)
        if length:
            assert following in [text[place : place + count] for place in _places(text, known, length)]
        else:
            assert following == []


def _places(text: list[int], context: list[int], length: int) -> list[int]:
    """Behind the places where the last `length` ids of `context` stand."""
    tail = context[-length:]
    whole = len(tail) == length and min(tail) >= SPECIAL
    return [i for i in range(length, len(text)) if whole and text[i - length : i] == tail]


def test_large_ids_and_many_places() -> None:
    text = [50_000, 49_151] * 5000
    found = Ngrams.of(text).longest([50_000])
    assert found is not None
    assert found.length == 1
    assert found.ids.tolist() == [49_151]
    assert 0 < found.counts.sum() <= 1000


def test_what_is_no_table(tmp_path) -> None:
    path = tmp_path / "table.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(ValueError, match="no table"):
        Ngrams.open(path)
    path.write_bytes(b"no array")
    with pytest.raises(ValueError, match="pickle"):
        Ngrams.open(path)
