"""All engines of the server, and which role has which."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, EngineStatus, Role, RoleChoice
from jupyter_sc2.supervisor.changes import Changes, Watcher
from jupyter_sc2.supervisor.engines import Engines
from jupyter_sc2.supervisor.member import Member, Source
from jupyter_sc2.supervisor.room import no_memory
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.supervisor import Supervisor


class Fleet:
    """One engine for each weights, adapter, precision and device; roles that choose the same share one.

    Its methods belong to the event loop's thread. `budget_bytes` bounds the memory of all weights together; 0 for what
    is free. Weights that nobody asked for `idle_seconds` leave the memory, 0 for never; the next request loads them.
    """

    def __init__(
        self,
        choices: Mapping[Role, ChooseWeights],
        source: Source,
        template: WorkerSettings,
        on_change: Callable[[EngineStatus], None] = lambda status: None,
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
        *,
        pinned: frozenset[Role] = frozenset(),
        notes: Mapping[Role, str] = MappingProxyType({}),
        budget_bytes: int = 0,
        idle_seconds: float = 0.0,
    ) -> None:
        self._source, self._on_change = source, on_change
        self._engines = Engines(source, template, self._prepare, self._hear, log, budget_bytes)
        self._engines.idle_seconds = idle_seconds
        self._changes = Changes(choices, pinned, notes, self._engines, source)
        self._states: dict[str, str] = {}
        self._settling: asyncio.Handle | None = None

    @property
    def supervisors(self) -> list[Supervisor]:
        """Of all engines, those that are about to leave among them."""
        return [member.supervisor for member in self._engines.members]

    @property
    def weights(self) -> list[str]:
        """Of all engines, each once."""
        return list(dict.fromkeys(member.recipe.weights for member in self._engines.members))

    @property
    def budget_bytes(self) -> int:
        return self._engines.room.budget_bytes

    @property
    def idle_seconds(self) -> float:
        return self._engines.idle_seconds

    @idle_seconds.setter
    def idle_seconds(self, seconds: float) -> None:
        self._engines.idle_seconds = seconds

    def watch(self, watcher: Watcher) -> None:
        """From now on `watcher` is told what changes, and at once what answers for each role."""
        self._changes.watcher = watcher
        for role, post in self._changes.posts.items():
            watcher.role(role, post.choice, post.member.supervisor)

    def choices(self) -> list[RoleChoice]:
        return self._changes.told()

    def of(self, role: Role) -> tuple[ChooseWeights, Supervisor]:
        """What answers for `role` now."""
        post = self._changes.posts[role]
        return post.choice, post.member.supervisor

    def users_of(self, weights: str) -> list[Role]:
        """The roles that answer with `weights` (or that adapter), or are about to, or may have to return to them."""
        return [
            post.role
            for post in self._changes.posts.values()
            if any(each and weights in (each.weights, each.adapter) for each in (post.choice, post.wanted, post.former))
        ]

    async def choose(self, role: Role, choice: ChooseWeights) -> RoleChoice:
        """Changes a role's weights. The old ones answer until the new are ready, if there is memory for both.

        Raises Sc2Error when the new ones are missing, may not be used, or can never fit; the role then stays as it is.
        """
        async with self._changes.one_at_a_time:
            post = self._changes.posts[role]
            appraisal = await asyncio.to_thread(self._source.appraise, choice)
            most = await self._engines.room.most(choice.device)
            if appraisal.need > most:
                raise no_memory(self._source.name_of(choice.weights), appraisal.need, most)
            post.note = ""
            await self._changes.aim(post, choice, appraisal)
            self._changes.settle()
            return post.told()

    def load(self, weights: str) -> None:
        """Starts every engine of `weights`, also one that has failed."""
        for member in self._engines.of(weights):
            member.supervisor.forget_failure()
            member.supervisor.start()

    async def unload(self, weights: str) -> None:
        """Frees the memory of `weights`; open requests end. The next request loads them again.

        A role that was changing to them stays as it is.
        """
        members = self._engines.of(weights)
        self._changes.give_up(members)
        await asyncio.gather(*(member.supervisor.unload() for member in members))

    async def reload(self, weights: str) -> None:
        """Loads `weights` anew; open requests end."""
        await asyncio.gather(*(member.supervisor.restart() for member in self._engines.of(weights)))

    def forget_failures(self) -> None:
        """Something is another than it was: what has failed may work now."""
        for member in self._engines.members:
            member.supervisor.forget_failure()

    def start(self) -> None:
        """Loads the weights of all roles."""
        for supervisor in self.supervisors:
            supervisor.start()

    async def stop(self) -> None:
        """Ends every worker."""
        await self._engines.stop()
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None

    async def _prepare(self, member: Member) -> WorkerSettings:
        """Awaited by a supervisor before it starts a worker. Raises Sc2Error when none may be started."""
        while choices := self._changes.choices_for(member):
            appraised = [await asyncio.to_thread(self._source.appraise, choice) for choice in choices]
            member.need = max(each.need for each in appraised)
            member.cache_bytes = max(each.cache_bytes for each in appraised)
            settings = await asyncio.to_thread(self._source.settings, choices[0], member.cache_bytes)
            await self._engines.room.make(member, self._changes.answering_until(member))
            if choices == self._changes.choices_for(member):  # else a role chose a larger context meanwhile
                return settings
        raise Sc2Error("engine_stopped", "Nobody uses these weights any more.", status=503)

    def _hear(self, status: EngineStatus) -> None:
        """Tells others, and has roles and engines settle anew, though not from within what is being told of."""
        self._on_change(status)
        if self._states.get(status.name) == status.state:
            return
        self._states[status.name] = status.state
        if status.state == "loading":
            for supervisor in self.supervisors:
                if supervisor.name == status.name:
                    self._changes.watcher.loads(supervisor)
        if self._settling is None:
            self._settling = asyncio.get_running_loop().call_soon(self._settle)

    def _settle(self) -> None:
        self._settling = None
        self._changes.settle()
