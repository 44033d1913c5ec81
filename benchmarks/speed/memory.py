"""Memory of a server and everything that it started, at its peak."""

from __future__ import annotations

import threading
from contextlib import suppress

import psutil
from ui.lab import Lab

PERIOD = 0.2  # seconds


class Watch:
    """Sums the resident memory of all processes: what they share, and files that they map, counts for each of them."""

    def __init__(self, lab: Lab) -> None:
        assert lab.process is not None
        self._root = psutil.Process(lab.process.pid)
        self._most = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._end.set()
        self._thread.join()

    def peak(self) -> float:
        """GB since the last call."""
        most, self._most = self._most, 0
        return round(most / 1e9, 2)

    def _look(self) -> None:
        while not self._end.wait(PERIOD):
            total = 0
            for process in [self._root, *self._root.children(recursive=True)]:
                with suppress(psutil.Error):  # it may have ended
                    total += process.memory_info().rss
            self._most = max(self._most, total)
