"""Rows of one length for training, each made of whole examples: a prompt that is cut loses what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

ROW_LENGTHS = (512, 2048)  # ids; of most of the training, and of its last part
WINDOW = 64  # rows that are open at a time


def pack(examples: Iterable[Sequence[int]], length: int, pad: int) -> NDArray[np.uint16]:
    """[N, length]: each example goes into the fullest open row that it fits; longer ones are cut at their beginning.

    What is left of a row is `pad`.
    """
    done: list[list[int]] = []
    rows: list[list[int]] = []
    for example in examples:
        ids = list(example[-length:])
        fits = [row for row in rows if len(row) + len(ids) <= length]
        if fits:
            max(fits, key=len).extend(ids)
        else:
            rows.append(ids)
        if len(rows) > WINDOW:
            rows.sort(key=len)
            done.append(rows.pop())
    done += rows
    packed = np.full((len(done), length), pad, dtype=np.uint16)
    for row, ids in zip(packed, done, strict=True):
        row[: len(ids)] = ids
    return packed
