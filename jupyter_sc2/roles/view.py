"""The catalogue as a page sees it. Reads files and asks the system, so none of it belongs on the event loop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from jupyter_sc2 import catalog
from jupyter_sc2.catalog import recommend
from jupyter_sc2.catalog.known import known as known_by
from jupyter_sc2.catalog.machine import held_by, look
from jupyter_sc2.licences import TERMS, Acceptances, text_of
from jupyter_sc2.messages import Catalogue, Download, Licence, Machine, RoleChoice
from jupyter_sc2.roles.entries import entry_of, recorded
from jupyter_sc2.roles.policy import Policy

LOOK_SECONDS = 1.0  # for which what the machine has free is not asked again


class View:
    def __init__(self, policy: Policy, acceptances: Acceptances) -> None:
        self._policy, self._acceptances = policy, acceptances
        self._machine: tuple[float, Machine] | None = None

    def catalogue(
        self,
        roles: list[RoleChoice],
        downloads: list[Download],
        workers: Sequence[int] = (),
        idle_minutes: int = 0,
        budget_bytes: int = 0,
    ) -> Catalogue:
        """`workers` are the processes of loaded weights: the memory that they hold counts as free."""
        machine = self._look(workers)
        allowed = within(machine, budget_bytes)
        names = self.names(roles, downloads)
        known = [entry for name in names if (entry := known_by(name))]
        entries = [entry_of(name, allowed, known) for name in names]
        complete = {entry.weights for entry in entries if entry.presence == "complete"}
        return Catalogue(
            entries=entries,
            machine=machine,
            recommendation=recommend.recommend(known, allowed, complete=complete),
            roles=roles,
            downloads=[each for each in downloads if each.weights in names],
            licences=[self._acceptances.licence(name) for name in TERMS],
            idle_minutes=idle_minutes,
            memory_budget_bytes=budget_bytes,
            allowed=list(self._policy.allowed),
        )

    def names(self, roles: list[RoleChoice], downloads: list[Download]) -> list[str]:
        """Weights that are known, here, under way or in use, as far as they are allowed."""
        found = [entry.weights for entry in catalog.KNOWN]
        found += [record.weights for record in recorded()]
        found += [download.weights for download in downloads]
        found += [choice.weights for choice in roles]
        return [name for name in dict.fromkeys([*found, *self._policy.allowed]) if self._policy.allows(name)]

    def licence(self, licence_id: str) -> Licence:
        """The terms, with the licence file of weights that are here. Raises Sc2Error 404."""
        texts = (
            text_of(Path(record.folder))  # files may be gone whose record is still here
            for record in recorded()
            if catalog.licence_needed(record.weights) == licence_id
        )
        return self._acceptances.licence(licence_id, next(filter(None, texts), ""))

    def _look(self, workers: Sequence[int]) -> Machine:
        now = time.monotonic()
        if self._machine is None or now - self._machine[0] > LOOK_SECONDS:
            self._machine = now, look(held=held_by(workers))
        return self._machine[1]


def within(machine: Machine, budget_bytes: int) -> Machine:
    """What a budget for all weights leaves free of a machine; 0 for all of it."""
    if not budget_bytes:
        return machine
    devices = [replace(device, free_bytes=min(device.free_bytes, budget_bytes)) for device in machine.devices]
    return replace(machine, memory_free_bytes=min(machine.memory_free_bytes, budget_bytes), devices=devices)
