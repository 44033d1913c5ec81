"""The engines that there are: found or made for a choice, seen off, and unloaded when nobody uses them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from jupyter_sc2.messages import ChooseWeights, EngineStatus
from jupyter_sc2.supervisor.member import Member, Source, recipe_of
from jupyter_sc2.supervisor.room import Room
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.supervisor import Supervisor

IDLE_LOOKS = 20  # within the time after which unused weights leave
LONGEST_WAIT = 30.0  # seconds between two such looks
LOOK_SECONDS = 0.05  # whether the last request of an engine that leaves has ended

Prepare = Callable[[Member], Coroutine[Any, Any, WorkerSettings]]


class Engines:
    """`template` is how a worker is run before its weights have anything to say about that; `prepare` says how then."""

    def __init__(
        self,
        source: Source,
        template: WorkerSettings,
        prepare: Prepare,
        hear: Callable[[EngineStatus], None],
        log: logging.Logger | logging.LoggerAdapter[Any] | None,
        budget_bytes: int,
    ) -> None:
        self.members: list[Member] = []
        self.room = Room(source, lambda: self.members, budget_bytes)
        self.idle_seconds = 0.0
        self._source, self._template, self._prepare, self._hear, self._log = source, template, prepare, hear, log
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def find(self, choice: ChooseWeights, cache_bytes: int = 0) -> Member | None:
        """The engine for `choice`, if there is one with so much memory for KV caches, or which is not loaded yet."""
        for member in self.members:
            enough = not member.held_bytes or member.cache_bytes >= cache_bytes
            if member.recipe == recipe_of(choice) and enough and not member.gone:
                return member
        return None

    def get(self, choice: ChooseWeights, cache_bytes: int = 0) -> Member:
        """As `find`, or a new one. It stays although nobody wanted it a moment ago."""
        member = self.find(choice, cache_bytes)
        if member is None:
            self._numbers += 1
            title, number = self._source.name_of(choice.weights), str(self._numbers)
            supervisor = Supervisor(
                title, (), self._template, self._told, self._log, name=number, adapter=choice.adapter
            )
            member = Member(recipe_of(choice), supervisor)
            supervisor.prepare = partial(self._prepare, member)
            self.members.append(member)
        member.leaving = False
        return member

    def of(self, weights: str) -> list[Member]:
        return [member for member in self.members if member.recipe.weights == weights and not member.gone]

    def see_off(self, member: Member) -> None:
        """Ends an engine that no role has any more, once its requests have ended; not if somebody wants it again."""
        if not member.leaving:
            member.leaving = True
            self.spawn(self._see_off(member))

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(member.supervisor.stop() for member in self.members))
        if tasks:
            await asyncio.wait(tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` beside everything else, until `stop`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _told(self, status: EngineStatus) -> None:
        if status.state == "ready" and self._timer is None:
            self._look_for_idle()
        self._hear(status)

    async def _see_off(self, member: Member) -> None:
        while not member.supervisor.is_free:
            await asyncio.sleep(LOOK_SECONDS)
        if member.leaving and not member.gone:
            member.gone = True
            await member.supervisor.retire()
            self.members.remove(member)

    def _look_for_idle(self) -> None:
        """Unloads what was unused for too long, and looks again as long as anything is loaded."""
        loaded = [member for member in self.members if member.supervisor.in_memory]
        wait = max(LOOK_SECONDS, min(LONGEST_WAIT, self.idle_seconds / IDLE_LOOKS or LONGEST_WAIT))
        self._timer = asyncio.get_running_loop().call_later(wait, self._look_for_idle) if loaded else None
        for member in loaded if self.idle_seconds else ():
            unused = time.monotonic() - member.supervisor.last_used
            if unused >= self.idle_seconds and not self._source.stays_loaded(member.recipe.weights):
                self.spawn(member.unload_if_idle())
