"""What a page may ask for about weights: looking, downloads, licences, and which role has which."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import AnswerLicence, Catalogue, ChooseWeights, Download, Licence, Role, RoleChoice
from jupyter_sc2.roles.checks import check
from jupyter_sc2.roles.kept import KeptChoices
from jupyter_sc2.roles.policy import Policy
from jupyter_sc2.supervisor import Fleet

if TYPE_CHECKING:
    from jupyter_sc2.downloads import Downloads
    from jupyter_sc2.roles.view import View

UNDER_WAY = ("starting", "running", "checking")


class Models:
    """Its methods belong to the event loop; what waits for disks is done in threads. All of them raise Sc2Error."""

    def __init__(
        self,
        fleet: Fleet,
        policy: Policy,
        kept: KeptChoices,
        acceptances: Acceptances,
        on_download: Callable[[Download], None] = lambda download: None,
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
    ) -> None:
        self.fleet, self._policy, self._kept, self._acceptances = fleet, policy, kept, acceptances
        self._on_download, self._log = on_download, log or logging.getLogger(__name__)
        self._keeping: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()  # so that the later choice is kept last
        self._chosen = set(kept.read()[0].roles)  # roles that a user ever chose for

    @cached_property
    def _view(self) -> View:
        from jupyter_sc2.roles.view import View  # a server starts without it

        return View(self._policy, self._acceptances)

    @cached_property
    def _downloads(self) -> Downloads:
        from jupyter_sc2.downloads import Downloads

        return Downloads(None, self._heard)

    async def catalogue(self) -> Catalogue:
        fleet = self.fleet
        workers = [supervisor.life.pid for supervisor in fleet.supervisors if supervisor.life and supervisor.life.pid]
        roles, minutes, budget = fleet.choices(), round(fleet.idle_seconds / 60), fleet.budget_bytes
        downloads, view = self._downloads, self._view

        def look() -> Catalogue:
            return view.catalogue(roles, downloads.list(), workers, minutes, budget)

        return await asyncio.to_thread(look)

    async def licence(self, licence_id: str) -> Licence:
        return await asyncio.to_thread(self._view.licence, licence_id)

    async def choose(self, role: Role, choice: ChooseWeights) -> RoleChoice:
        await asyncio.to_thread(check, role, choice, self._policy, self._acceptances)
        self._chosen.add(role)
        return await self.fleet.choose(role, choice)

    def keep(self, role: Role, choice: ChooseWeights) -> None:
        """For the next start, soon; not what is the configuration's choice rather than the user's."""
        if role in self._chosen and role not in self._policy.pinned:
            task = asyncio.get_running_loop().create_task(self._keep(role, choice))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def download(self, weights: str) -> None:
        self._policy.require(weights)
        needed = await asyncio.to_thread(catalog.licence_needed, weights)
        await asyncio.to_thread(self._acceptances.require, needed)
        await self._downloads.start(weights)

    async def pause(self, weights: str) -> None:
        await self._downloads.pause(weights)

    async def cancel(self, weights: str) -> None:
        await self._downloads.cancel(weights)

    async def delete(self, weights: str) -> None:
        """409 `in_use` while a role has them."""
        if roles := self.fleet.users_of(weights):
            message = f"{catalog.name_of(weights)} answers for {' and '.join(roles)}."
            raise Sc2Error("in_use", message, "Choose other weights there first.", status=409)
        await self._downloads.delete(weights)

    async def load(self, weights: str) -> None:
        self._require_used(weights)
        self.fleet.load(weights)

    async def unload(self, weights: str) -> None:
        self._require_used(weights)
        await self.fleet.unload(weights)

    async def reload(self, weights: str) -> None:
        self._require_used(weights)
        await self.fleet.reload(weights)

    async def set_idle_minutes(self, minutes: int) -> None:
        await asyncio.to_thread(self._kept.keep_idle_minutes, minutes)
        self.fleet.idle_seconds = 60 * minutes

    async def answer(self, licence_id: str, answer: AnswerLicence, who: str) -> Licence:
        """Accepts or refuses. What was refused is neither in memory nor fetched any more."""
        say = self._acceptances.accept if answer.accepted else self._acceptances.refuse
        await asyncio.to_thread(say, licence_id, answer.version, who)
        if answer.accepted:
            self.fleet.forget_failures()
        else:
            await self._give_up(licence_id)
        return await self.licence(licence_id)

    async def close(self) -> None:
        """Downloads go on where they are when they are started again."""
        if "_downloads" in self.__dict__:
            await self._downloads.close()
        if self._keeping:
            await asyncio.wait(self._keeping)

    async def _keep(self, role: Role, choice: ChooseWeights) -> None:
        try:
            async with self._one_at_a_time:
                await asyncio.to_thread(self._kept.keep, role, choice)
        except Sc2Error as error:
            self._log.warning("%s %s", error.message, error.hint)

    async def _give_up(self, licence_id: str) -> None:
        for weights in self.fleet.weights:
            if await asyncio.to_thread(catalog.licence_needed, weights) == licence_id:
                await self.fleet.unload(weights)
        for download in await asyncio.to_thread(self._downloads.list):
            needed = await asyncio.to_thread(catalog.licence_needed, download.weights)
            if download.state in UNDER_WAY and needed == licence_id:
                await self._downloads.pause(download.weights)

    def _require_used(self, weights: str) -> None:
        if not self.fleet.users_of(weights):
            raise Sc2Error("not_in_use", f"No role answers with {weights}.", "Choose them for a role.", status=409)

    def _heard(self, download: Download) -> None:
        if download.state == "done":
            self.fleet.forget_failures()
        self._on_download(download)
