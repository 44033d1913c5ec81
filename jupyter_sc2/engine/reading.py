"""The tensors of weights' files, one after the other, and how far that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from jupyter_sc2.engine.folder import Report
from jupyter_sc2.errors import WeightsError

BEAT = 10.0  # seconds


def read_tensors(path: Path, wanted: Collection[str], report: Report) -> Iterator[tuple[str, Tensor]]:
    """The `wanted` tensors of a file, one by one, so that the memory holds the model once. They go with the file."""
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                stored = file.get_tensor(name)
                if name in wanted:
                    yield name, stored
                report(stored.nbytes)
    except (SafetensorError, OSError):
        raise WeightsError("weights_corrupt", f"{path} changed or went away while it was read.") from None


class Progress:
    """Turns counts of bytes into calls of `tell` with the share (0..1) that is done, which never falls.

    It tells each new percent, and every BEAT seconds whatever is counted: the server ends a worker that is silent for
    long. A count of 0 is such a sign of life. 1.0 is left to the caller, who knows when the weights answer.
    """

    def __init__(self, tell: Callable[[float], None], left: int) -> None:
        self.tell = tell
        self.share = self.told = 0.0
        self.told_at = time.monotonic()
        self.expect(left)

    def expect(self, left: int) -> None:
        """From here on `left` bytes are to be counted, more than was thought where a copy turns out damaged.

        They get what the share lacks, but for a hundredth, so that there is always something left to give.
        """
        self.left, self.spare = left, left / 100 + 1

    def __call__(self, count: int) -> None:
        count = min(count, self.left)
        self.share += (1 - self.share) * count / (self.left + self.spare)
        self.left -= count
        now = time.monotonic()
        if self.share >= self.told + 0.01 or now >= self.told_at + BEAT:
            self.told, self.told_at = self.share, now
            self.tell(self.share)
