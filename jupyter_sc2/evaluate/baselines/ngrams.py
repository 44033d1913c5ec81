"""An interpolated modified Kneser-Ney model of token ids, in sorted tables of numpy.

Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (TR-10-98, 1998), section 3: the
highest order counts n-grams, lower orders the different ids before them; each order has a discount for 1, 2 and more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ORDER = 5
DISCOUNTS = (0.0, 0.5, 1.0, 1.5)  # for counts of 0 to 3 and more, where there is too little text to estimate them


class NGrams(Struct, frozen=True):
    """`keys[n]`: the n-grams of n + 1 ids, sorted: (place of the first n ids in `keys[n - 1]`) * `size` + last id.

    `counts[n]` are parallel to them, `discounts[n]` by count. Ids from `first` to `size` - 1 are the vocabulary.
    """

    keys: list[NDArray[np.int64]]
    counts: list[NDArray[np.uint32]]
    discounts: list[NDArray[np.float64]]
    first: int
    size: int

    def probabilities(self, history: Sequence[int]) -> NDArray[np.float64]:
        """[size]: of each id after `history`, of which the last ids are read. 0 for ids below `first`."""
        p = np.zeros(self.size)
        p[self.first :] = 1.0 / (self.size - self.first)
        for order in range(min(len(self.keys), len(history) + 1)):
            place = self._place(history[len(history) - order :])
            if place is None:
                break  # no longer history was seen either
            keys, edges = self.keys[order], [place * self.size, (place + 1) * self.size]
            low, high = np.searchsorted(keys, edges)
            if low == high:
                break
            counts = self.counts[order][low:high].astype(np.float64)
            discounts = self.discounts[order][np.minimum(counts, 3).astype(np.intp)]
            p *= discounts.sum() / counts.sum()
            p[keys[low:high] - edges[0]] += (counts - discounts) / counts.sum()
        return p

    def _place(self, ids: Sequence[int]) -> int | None:
        """Of an n-gram among those of its order, 0 for no ids; None if it was never seen."""
        place = 0
        for keys, token_id in zip(self.keys, ids, strict=False):
            key = place * self.size + token_id
            place = int(np.searchsorted(keys, key))
            if place == len(keys) or keys[place] != key:
                return None
        return place


def count(ids: NDArray[np.uint16], first: int, size: int, order: int = ORDER) -> NGrams:
    """Of a text [N]. Ids below `first` (1 or more) cut it: no n-gram holds one.

    To begin after a cut counts as one more id that stands before an n-gram.
    """
    ids = np.append(np.uint16(0), ids)
    keys: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.uint32]] = []
    shorter = np.zeros(len(ids), bool)
    within = ids >= first  # [N + 1]: whether the n-gram that ends here holds no cut; `shorter`, one id less
    places = np.zeros(len(ids), np.uint32)  # [N + 1]: of the n-gram of the order before that ends here
    for _ in range(order):
        ends = np.flatnonzero(within).astype(np.uint32)
        found = places[ends - 1] * np.int64(size) + ids[ends]
        by_key = np.argsort(found)
        ends = ends[by_key]
        del by_key
        found.sort()  # again, but in its place: half a gigabyte less for the whole training text
        is_new = np.ones(len(found), bool)
        is_new[1:] = found[1:] != found[:-1]
        heads = np.flatnonzero(is_new)
        if counts:
            counts[-1] = _before(places[ends[heads]], places[shorter & ~within], len(counts[-1]))
        keys.append(found[heads])
        counts.append(np.diff(heads, append=len(found)).astype(np.uint32))
        places[ends] = np.cumsum(is_new, dtype=np.uint32) - 1
        shorter, within = within, within & np.append(False, within[:-1])
    return NGrams(keys, counts, [discounts(one) for one in counts], first, size)


def _before(endings: NDArray[np.uint32], begins: NDArray[np.uint32], n: int) -> NDArray[np.uint32]:
    """[n]: how many ids stand before each n-gram. `endings`: that of each longer one; `begins`: those after a cut."""
    counts = np.bincount(endings, minlength=n).astype(np.uint32)
    counts[np.unique(begins)] += 1
    return counts


def discounts(counts: NDArray[np.uint32]) -> NDArray[np.float64]:
    """[4]: by count, the last for 3 and more."""
    n = np.bincount(np.minimum(counts, 5), minlength=6)
    if not n[1:5].all():
        return np.array(DISCOUNTS)
    share = n[1] / (n[1] + 2 * n[2])
    made = np.array([c - (c + 1) * share * n[c + 1] / n[c] if c else 0.0 for c in range(4)])
    return made if (made >= 0).all() and (made <= range(4)).all() else np.array(DISCOUNTS)
