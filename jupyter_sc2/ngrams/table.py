"""Every place of a text, sorted by what stands before it: a suffix array of the text read backwards.

A file of it is one uint32 array [3, N]: the ids backwards, the order, and in that order each place's first two ids.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
DEPTH = 16  # ids of context by which places are sorted; longer matches are not told apart
MAX_PLACES = 1000  # places of a match that are looked at
BITS = 16  # of an id: the vocabularies of StarCoder2 have less than 65,536
SPECIAL = 38  # ids below stand between texts, and no match reaches across one


class Match(Struct, frozen=True):
    """The `length` last ids of a context occur in the text; `counts` [K] says how often each of `ids` [K] followed."""

    length: int
    ids: NDArray[np.int64]
    counts: NDArray[np.int64]


class Ngrams:
    """Finds longest matches in a text. Build with `of`, `save`, and `open`, which reads from disk what it needs."""

    def __init__(self, rows: Ids) -> None:
        self.backwards, self.order, self.pairs = rows
        self._numbers = [memoryview(part) for part in (self.backwards, self.order)]

    @classmethod
    def of(cls, ids: Sequence[int] | NDArray[Any]) -> Ngrams:
        """Sorts the places of a text: about half a second for a million ids."""
        backwards = np.asarray(ids, dtype=np.uint32)[::-1]
        order = _sorted_places(backwards.astype(np.int64)).astype(np.uint32)
        return cls(np.stack((backwards, order, _pairs(backwards)[order])))

    @classmethod
    def open(cls, path: Path) -> Ngrams:
        """Raises OSError or ValueError for what is no such file."""
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        if rows.ndim != 2 or rows.shape[0] != 3 or rows.dtype != np.uint32:
            raise ValueError(f"{path} is no table of n-grams.")
        return cls(rows)

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        temporary = path.with_suffix(f".{os.getpid()}.partial")
        with temporary.open("wb") as file:
            np.save(file, np.stack((self.backwards, self.order, self.pairs)))
        os.replace(temporary, path)

    def __len__(self) -> int:
        return len(self.order)

    def longest(self, context: Sequence[int]) -> Match | None:
        """What followed the most of the last ids of `context`; None where not even its last id occurs."""
        low, high, length = self._longest(context)
        return self._match(low, high, length) if length else None

    def following(self, context: Sequence[int], count: int) -> tuple[list[int], int]:
        """At most `count` ids that follow one of the longest matches, and its length."""
        low, high, length = self._longest(context)
        if not length:
            return [], 0
        places = self.order[low : min(high, low + MAX_PLACES)]
        place = int(places[places > 0][0])
        return self.backwards[max(0, place - count) : place][::-1].tolist(), length

    def _longest(self, context: Sequence[int]) -> tuple[int, int, int]:
        """The part of `order` where the most of the last ids of `context` stand before a place, and how many do."""
        low, high, length = 0, len(self), 0
        for token_id in reversed(context[-DEPTH:]):
            if token_id < SPECIAL:
                break
            first, last = self._narrowed(low, high, length, token_id)
            places = self.order[first : min(last, first + MAX_PLACES)]
            if first == last or not places.any():  # place 0 is the text's last id: nothing follows
                break
            low, high, length = first, last, length + 1
        return low, high, length

    def _match(self, low: int, high: int, length: int) -> Match | None:
        step = -(-(high - low) // MAX_PLACES)
        places = self.order[low:high:step]
        ids, counts = np.unique(self.backwards[places[places > 0] - 1], return_counts=True)
        ordinary = ids >= SPECIAL
        return Match(length, ids[ordinary].astype(np.int64), counts[ordinary]) if ordinary.any() else None

    def _narrowed(self, low: int, high: int, depth: int, token_id: int) -> tuple[int, int]:
        """The part of `low`..`high` whose id number `depth`, counted backwards, is `token_id`."""
        if depth == 0:
            ends = np.array([token_id << BITS, (token_id + 1) << BITS], dtype=np.uint32)
            first, last = np.searchsorted(self.pairs, ends)
            return int(first), int(last)
        if depth == 1:
            wanted = (int(self.pairs[low]) >> BITS << BITS) + token_id
            ends = np.array([wanted, wanted + 1], dtype=np.uint32)
            first, last = np.searchsorted(self.pairs[low:high], ends)
            return low + int(first), low + int(last)
        first = self._bound(low, high, depth, token_id)
        return first, self._bound(first, high, depth, token_id + 1)

    def _bound(self, low: int, high: int, depth: int, token_id: int) -> int:
        """The first of the places `low`..`high` whose id number `depth` is not below `token_id`."""
        backwards, order = self._numbers
        size = len(order)
        while low < high:
            middle = (low + high) // 2
            place = order[middle] + depth
            if place < size and backwards[place] >= token_id:
                high = middle
            else:
                low = middle + 1
        return low


def _pairs(backwards: Ids) -> Ids:
    """The first two ids of each place as one number."""
    second = np.zeros_like(backwards)
    second[:-1] = backwards[1:]
    pairs: Ids = (backwards << np.uint32(BITS)) | second
    return pairs


def _sorted_places(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of `ids` [N] sorted by the DEPTH ids from each on, by doubling (Manber and Myers 1990)."""
    size, depth, ranks = len(ids), 1, ids + 1
    while True:
        following = np.zeros_like(ranks)
        if depth < size:
            following[:-depth] = ranks[depth:]
        keys = ranks * (max(size, 1 << BITS) + 2) + following
        order = np.argsort(keys, kind="stable")
        depth *= 2
        if depth >= DEPTH:
            return order
        ordered = keys[order]
        ranks = np.empty_like(ranks)
        ranks[order] = np.cumsum(np.concatenate(([1], ordered[1:] != ordered[:-1])))
