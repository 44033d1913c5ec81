"""One engine of the fleet, and what the fleet has to know of weights before it loads them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from msgspec import Struct

from jupyter_sc2.messages import ChooseWeights, Precision
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.supervisor import Supervisor


class Recipe(NamedTuple):
    """What a worker is made of. Roles that choose the same share it, whatever context each of them wants."""

    weights: str
    adapter: str
    precision: Precision
    device: str


def recipe_of(choice: ChooseWeights) -> Recipe:
    return Recipe(choice.weights, choice.adapter, choice.precision, choice.device)


class Appraisal(Struct, frozen=True):
    """Bytes of memory: all that is needed, and what of it is for KV caches.

    `lower` is the precision to try when it does not fit after all; None where there is none.
    """

    need: int
    cache_bytes: int
    lower: Precision | None


class Source(Protocol):
    """The catalogue, licences and settings behind the fleet. All of it may read files: not on the event loop."""

    def appraise(self, choice: ChooseWeights) -> Appraisal:
        """Raises Sc2Error when the weights are missing or may not be used."""

    def settings(self, choice: ChooseWeights, cache_bytes: int) -> WorkerSettings:
        """How the worker is run. Raises Sc2Error when the weights are missing or may not be used."""

    def free_bytes(self, device: str) -> int:
        """Memory that is free now where `device` computes."""

    def name_of(self, weights: str) -> str:
        """What people read; no files are needed for it."""

    def stays_loaded(self, weights: str) -> bool:
        """Whether the weights are too small to be worth unloading when nobody uses them."""


class Member:
    """An engine and its share of the memory. `need` and `cache_bytes` are known once it loads, and 0 before.

    It is `leaving` when no role wants it, until its last request has ended, and `gone` from then on.
    """

    def __init__(self, recipe: Recipe, supervisor: Supervisor) -> None:
        self.recipe, self.supervisor = recipe, supervisor
        self.need = self.cache_bytes = 0
        self.leaving = self.gone = False

    @property
    def held_bytes(self) -> int:
        """Memory that it has, or is about to have."""
        return self.need if self.supervisor.in_memory else 0

    @property
    def is_idle(self) -> bool:
        """Whether it could be unloaded without anybody noticing at once."""
        return self.supervisor.status().state == "ready" and self.supervisor.is_free

    @property
    def has_failed(self) -> bool:
        return self.supervisor.status().state == "failed"

    async def unload_if_idle(self) -> None:
        if self.is_idle:
            await self.supervisor.unload()
