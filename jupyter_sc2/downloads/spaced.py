"""Progress at most twice a second, a change of state at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jupyter_sc2.messages import Download

SECONDS = 0.5


class Spaced:
    """Passes a download on to `on_change`. What comes too early is passed on later, unless something newer came."""

    def __init__(self, on_change: Callable[[Download], None]) -> None:
        self._on_change = on_change
        self._said: Download | None = None
        self._at = float("-inf")
        self._later: asyncio.TimerHandle | None = None
        self._waiting: Download | None = None

    def __call__(self, download: Download) -> None:
        now = asyncio.get_running_loop().time()
        if self._said is None or download.state != self._said.state or now - self._at >= SECONDS:
            self._pass(download)
            return
        self._waiting = download
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._at + SECONDS - now, self._pass_waiting)

    def _pass_waiting(self) -> None:
        self._later = None
        if self._waiting is not None:
            self._pass(self._waiting)

    def _pass(self, download: Download) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._waiting, self._said, self._at = None, download, asyncio.get_running_loop().time()
        self._on_change(download)
