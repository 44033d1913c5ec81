"""What the server says about its engines."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from jupyter_sc2.messages.bounds import Role
from jupyter_sc2.messages.catalogue import RoleChoice
from jupyter_sc2.messages.events import Failure
from jupyter_sc2.messages.frames import Ready

EngineState = Literal["off", "loading", "ready", "restarting", "failed"]


class EngineStatus(Struct, frozen=True):
    """State of one engine, in `GET /sc2/status` and on the event bus. `failure` explains restarting and failed.

    `name` tells engines of the same weights apart. One that is `off` and has no roles is gone.
    """

    weights: str
    state: EngineState
    roles: list[Role]
    running: int
    waiting: int
    share: float | UnsetType = UNSET
    details: Ready | None = None
    failure: Failure | None = None
    name: str = ""
    adapter: str = ""


class Status(Struct, frozen=True):
    protocol: int
    version: str
    engines: list[EngineStatus]
    roles: list[RoleChoice] = []
