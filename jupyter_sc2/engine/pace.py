"""How many drafted ids pay: what a pass costs by its rows, and how often drafts were right, both as measured."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

WEIGHT = 0.2  # of the newest measurement in an average
REACH = 4  # a pass may have so many times the rows of the largest one measured
OTHERWISE = 50  # each such decision is the other way: costs change, and only what is done is measured
MANY = 64  # judged ids after which the older half of what is known counts half
LENGTHS = 8  # matches of so many ids and more are not told apart
HOPE, SUPPOSED = 0.7, 4.0  # chance that a drafted id is right before anything is known; ids that this opinion is worth


class Acceptance:
    """The chance that a drafted id is right, by how many ids before the draft matched. A `common` one comes first."""

    def __init__(self, common: Acceptance | None = None) -> None:
        self.common = common
        self._right, self._judged = [0.0] * (LENGTHS + 1), [0.0] * (LENGTHS + 1)

    def rate(self, length: int) -> float:
        length = min(length, LENGTHS)
        supposed = HOPE if self.common is None else self.common.rate(length)
        return (self._right[length] + SUPPOSED * supposed) / (self._judged[length] + SUPPOSED)

    def saw(self, length: int, right: int, judged: int) -> None:
        """Of `judged` drafted ids `right` were; those behind a wrong one are not judged."""
        length = min(length, LENGTHS)
        self._right[length] += right
        self._judged[length] += judged
        if self._judged[length] > MANY:
            self._right[length] /= 2
            self._judged[length] /= 2
        if self.common is not None:
            self.common.saw(length, right, judged)


class Pace:
    """`padded` says how many rows a pass over so many has."""

    def __init__(self, padded: Callable[[int], int] = lambda rows: rows) -> None:
        self.padded = padded
        self.acceptance = Acceptance()
        self._averages: dict[int, float] = {}  # seconds by rows
        self._met: set[int] = set()
        self._decisions = 0

    def saw(self, rows: int, seconds: float) -> None:
        """Tells of a pass that only decoded. The first of so many rows does not count: kernels are compiled for it."""
        rows = self.padded(rows)
        average = self._averages.get(rows)
        if average is not None:  # a pass that had to wait for other programs counts double at most
            self._averages[rows] = average + WEIGHT * (min(seconds, 2 * average) - average)
        elif rows in self._met:
            self._averages[rows] = seconds
        self._met.add(rows)

    def seconds(self, rows: int) -> float:
        """What a pass takes: between measurements in proportion, beyond the largest no more than that one."""
        known, rows = sorted(self._averages), self.padded(rows)
        above = bisect_left(known, rows)
        if above in (0, len(known)):
            return self._averages[known[min(above, len(known) - 1)]]
        low, high = known[above - 1], known[above]
        share = (rows - low) / (high - low)
        return (1 - share) * self._averages[low] + share * self._averages[high]

    def length(self, rows: int, ids: float, rate: float, most: int) -> int:
        """How many of `most` drafted ids to add to a pass of `rows` from which `ids` new ids are expected.

        `rate` is the chance that an id is right if those before it are. What counts is new ids for each second.
        """
        if not self._averages or self.padded(rows) < min(self._averages):
            return 0  # what it costs without drafts comes first
        most = min(most, REACH * max(self._averages) - rows)
        pace = [(ids + gain(rate, count)) / self.seconds(rows + count) for count in range(most + 1)]
        best = pace.index(max(pace)) if pace else 0
        self._decisions += 1
        if self._decisions % OTHERWISE == 0:
            return 0 if best else max(0, min(most, REACH - 1))
        return best


def gain(rate: float, count: int) -> float:
    """Ids that are expected to be right out of `count`: rate + rate^2 + ..."""
    return sum(rate**n for n in range(1, count + 1))
