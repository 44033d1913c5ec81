"""How far a run is, on standard error; silent where nobody looks."""

from __future__ import annotations

import sys
import time
from typing import TextIO

EVERY = 0.2  # seconds between two lines


class Progress:
    """Call it after each of `total` answers, and `close` it before anything else is printed."""

    def __init__(self, total: int, quiet: bool = False, out: TextIO | None = None) -> None:
        self.total, self.done = total, 0
        self._out = out or sys.stderr
        self._shows = not quiet and self._out.isatty()
        self._begun = self._last = time.monotonic()

    def __call__(self) -> None:
        self.done += 1
        now = time.monotonic()
        if self._shows and (now - self._last >= EVERY or self.done == self.total):
            self._last = now
            seconds = (now - self._begun) / self.done * (self.total - self.done)
            self._out.write(f"\r\x1b[K{self.done}/{self.total} completions, {duration(seconds)} left")
            self._out.flush()

    def close(self) -> None:
        if self._shows:
            self._out.write("\r\x1b[K")
            self._out.flush()


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
