"""All downloads of a server: two at once, others wait; each in a child process that may be stopped at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from jupyter_sc2.downloads import pins
from jupyter_sc2.downloads.delete import cancel, delete
from jupyter_sc2.downloads.job import ENDED, Job
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import check_id, hub_cache
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Download

OnChange = Callable[[Download], None]


class Downloads:
    """`on_change` hears of a change of state at once, of progress at most twice a second. Use it on an event loop."""

    def __init__(self, cache_dir: Path | None, on_change: OnChange, settings: Settings | None = None) -> None:
        self.cache = cache_dir or hub_cache()
        self._on_change, self._settings = on_change, settings or Settings()
        self._jobs: dict[str, Job] = {}
        self._slots = asyncio.Semaphore(self._settings.at_once)

    async def start(self, weights: str, branch: str = "main") -> None:
        """Begins, goes on, or checks again what is there; nothing if that is under way. Raises Sc2Error for a wrong id.

        What goes wrong later is the `failure` of the download. `branch` is a branch, tag or commit.
        """
        check_id(weights)
        job = self._jobs.get(weights)
        while job is not None and job.is_active and job.latest.state in ENDED:
            await job.stop()  # it has said how it ended, and its process is about to go
            job = self._jobs.get(weights)
        if job is None or not job.is_active:
            known = job.latest if job else self._paused(pin) if (pin := pins.read(weights)) else None
            waits = sum(each.is_active for each in self._jobs.values()) >= self._settings.at_once
            job = self._jobs[weights] = Job(weights, branch, self.cache, self._settings, self._on_change, known)
            job.start(self._slots, waits)

    async def pause(self, weights: str) -> None:
        """What was fetched stays. Raises Sc2Error `not_downloading`."""
        job = self._jobs.get(weights)
        if job is None or not job.is_active:
            raise Sc2Error("not_downloading", f"{weights[:200]} is not being downloaded.", status=409)
        await job.stop()

    async def cancel(self, weights: str) -> None:
        """Removes what was fetched, but for what was there before. Raises Sc2Error when the disk does not let it."""
        check_id(weights)
        job = self._jobs.pop(weights, None)
        if job is not None:
            await job.stop()
        await asyncio.to_thread(cancel, weights, self.cache)

    async def delete(self, weights: str) -> int:
        """Deletes complete weights and returns the bytes that are free now. Whether they are in use is not asked here.

        Raises Sc2Error: `not_downloaded`, `busy`, `not_writable`.
        """
        check_id(weights)
        freed = await asyncio.to_thread(delete, weights, self.cache)
        self._jobs.pop(weights, None)
        return freed

    def list(self) -> list[Download]:
        """Every download since the server started, and those that were begun before and not ended."""
        begun = [self._paused(pin) for pin in pins.every() if pin.weights not in self._jobs]
        return sorted([*(job.latest for job in self._jobs.values()), *begun], key=lambda download: download.weights)

    async def close(self) -> None:
        """Stops all; they go on where they are when they are started again."""
        await asyncio.gather(*(job.stop() for job in self._jobs.values()))

    def _paused(self, pin: Pin) -> Download:
        done = sum(place.held() for place in pin.places(self.cache))
        return Download(pin.weights, "paused", done, pin.total)
