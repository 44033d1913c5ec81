"""Drafts from what was written before: what followed the last few ids where they stood the last time.

"Prompt lookup decoding" (https://github.com/apoorvumang/prompt-lookup-decoding): code repeats names and lines, and a
draft that one pass confirms saves the passes of its ids.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jupyter_sc2.ngrams.table import SPECIAL

LEAST, MOST = 2, 16  # ids of a match: one alone says too little; longer ones are not told apart


class Lookup:
    """`ids` so far, with room for `room` more. A scan of 4,000 ids takes 10 us, less than keeping an index of them."""

    def __init__(self, ids: Sequence[int], room: int) -> None:
        self._ids = np.empty(len(ids) + room, dtype=np.int32)
        self._ids[: len(ids)] = ids
        self.size = len(ids)

    def extend(self, ids: Sequence[int]) -> None:
        self._ids[self.size : self.size + len(ids)] = ids
        self.size += len(ids)

    def propose(self, count: int) -> tuple[list[int], int]:
        """At most `count` ids that may follow, none of them special, and how many ids before them match."""
        ids = self._ids[: self.size]
        places, length = np.flatnonzero(ids[:-1] == ids[-1]) if self.size else ids, 1
        while length < MOST:  # `places` [n] are ends of matches of `length` ids
            longer = places[places >= length]
            longer = longer[ids[longer - length] == ids[-1 - length]] if len(longer) else longer
            if not len(longer):
                break
            places, length = longer, length + 1
        if length < LEAST:
            return [], 0
        start = int(places[-1]) + 1  # the newest
        return ordinary(ids[start : start + count].tolist()), length


def ordinary(ids: list[int]) -> list[int]:
    """Those before the first special one."""
    return ids[: next((n for n, token_id in enumerate(ids) if token_id < SPECIAL), len(ids))]
