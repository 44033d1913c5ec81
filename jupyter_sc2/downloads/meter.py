"""How far a download is and how fast, told at regular moments even while the line is silent."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.messages import Download, DownloadState, Failure

SMOOTH_SECONDS = 5.0


class Meter:
    """`tell` is called at once when the state changes, else every `settings.report` seconds, by a thread of its own."""

    def __init__(self, weights: str, settings: Settings, tell: Callable[[Download], None]) -> None:
        self._weights, self._settings, self._tell = weights, settings, tell
        self._state: DownloadState = "starting"
        self._done = self._total = self._came = self._seen = 0  # `_came` only grows; `_seen` of it are in the rate
        self._note, self._rate, self._measured = "", 0.0, time.monotonic()
        self._lock = threading.Lock()  # one line at a time
        self._ended = threading.Event()
        threading.Thread(target=self._report, daemon=True).start()

    def enter(self, state: DownloadState, done: int, total: int) -> None:
        with self._lock:
            self._state, self._done, self._total, self._note = state, done, total, ""
            self._seen, self._rate, self._measured = self._came, 0.0, time.monotonic()
            self._tell(self._look())

    def add(self, count: int) -> None:
        """So many bytes came, or were checked; less than none where they have to come again."""
        self._done = max(0, self._done + count)
        self._came += max(0, count)

    def note(self, sentence: str) -> None:
        """Why it does not go on at the moment; empty when it does."""
        if sentence != self._note:
            with self._lock:
                self._note = sentence
                self._tell(self._look())

    def close(self) -> None:
        """Nothing is told any more."""
        with self._lock:
            self._ended.set()

    def succeed(self) -> None:
        self.close()
        self.enter("done", self._total, self._total)

    def fail(self, failure: Failure) -> None:
        self.close()
        with self._lock:
            self._tell(Download(self._weights, "failed", min(self._done, self._total), self._total, failure=failure))

    def _report(self) -> None:
        while not self._ended.wait(self._settings.report):
            with self._lock:
                if not self._ended.is_set():
                    self._measure()
                    self._tell(self._look())

    def _measure(self) -> None:
        now, came = time.monotonic(), self._came
        passed, new = now - self._measured, came - self._seen
        if passed < self._settings.report / 2:
            return  # too short to tell a rate
        self._measured, self._seen = now, came
        weight = 1 - math.exp(-passed / SMOOTH_SECONDS) if self._rate else 1.0
        self._rate += weight * (new / passed - self._rate)

    def _look(self) -> Download:
        left = max(0, self._total - self._done)
        seconds = round(left / self._rate, 1) if self._rate > 1 else None
        done = min(self._done, self._total)
        return Download(self._weights, self._state, done, self._total, round(self._rate, 1), seconds, note=self._note)
