"""The memory that all loaded weights share: who fits beside whom, and who leaves first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.supervisor.member import Member, Source

RESERVE_BYTES = 1 << 30  # left to notebooks and everything else, where no budget was set
LOOK_SECONDS = 0.05
BUSY_SECONDS = 30.0  # how long to wait for weights that answer somebody
LEAVING_SECONDS = 600.0  # how long to wait for weights that are on their way out


class Room:
    """`budget_bytes` for all weights together, wherever they compute; 0 for what is free."""

    def __init__(self, source: Source, members: Callable[[], list[Member]], budget_bytes: int = 0) -> None:
        self.budget_bytes = budget_bytes
        self._source, self._members = source, members
        self._one_at_a_time = asyncio.Lock()

    async def most(self, device: str) -> int:
        """Bytes for one engine, if all others left."""
        if self.budget_bytes:
            return self.budget_bytes
        free = await asyncio.to_thread(self._source.free_bytes, device)
        return free + sum(member.held_bytes for member in self._members())

    async def holds(self, need: int, device: str, keep: Collection[Member]) -> bool:
        """Whether `need` bytes can be had without the members in `keep`, or anybody who is busy, leaving."""
        idle = sum(member.held_bytes for member in self._members() if member.is_idle and member not in keep)
        return need <= await self._available(device) + idle

    async def make(self, newcomer: Member, keep: Collection[Member]) -> None:
        """Makes room for a member that is about to load: whoever was unused for longest leaves first.

        Raises Sc2Error `no_memory` when the budget does not allow it. Without a budget the worker finds out.
        """
        async with self._one_at_a_time:
            started = asyncio.get_running_loop().time()
            others = [member for member in self._members() if member is not newcomer]
            while newcomer.need > (room := await self._available(newcomer.recipe.device, newcomer)):
                idle = [member for member in others if member.is_idle and member not in keep]
                waited = asyncio.get_running_loop().time() - started
                if idle:
                    await min(idle, key=lambda member: member.supervisor.last_used).supervisor.unload()
                elif _worth_waiting(others, keep, waited):
                    await asyncio.sleep(LOOK_SECONDS)
                elif self.budget_bytes:
                    raise no_memory(newcomer.supervisor.weights, newcomer.need, room)
                else:
                    return

    async def _available(self, device: str, without: Member | None = None) -> int:
        others = [member for member in self._members() if member is not without]
        if self.budget_bytes:
            return self.budget_bytes - sum(member.held_bytes for member in others)
        free = await asyncio.to_thread(self._source.free_bytes, device)
        return free - RESERVE_BYTES - sum(_still_to_come(member) for member in others)


def _worth_waiting(others: list[Member], keep: Collection[Member], waited: float) -> bool:
    """Whether somebody will soon leave, or be idle."""
    loaded = [member for member in others if member.held_bytes and member not in keep]
    if any(member.leaving for member in loaded):
        return waited < LEAVING_SECONDS
    return bool(loaded) and waited < BUSY_SECONDS


def _still_to_come(member: Member) -> int:
    """What a loading member has not taken yet of its memory."""
    status = member.supervisor.status()
    if status.state != "loading" or not member.held_bytes:
        return 0
    share = status.share if isinstance(status.share, float) else 0.0
    return int((1 - share) * member.held_bytes)


def no_memory(name: str, need: int, room: int) -> Sc2Error:
    sizes = f"{need / 1e9:.1f} GB of memory; {max(0, room) / 1e9:.1f} GB may be used"
    hint = "Choose a smaller precision or smaller weights, or unload others."
    return Sc2Error("no_memory", f"{name} needs {sizes}.", hint, status=409)
