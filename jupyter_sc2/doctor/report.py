"""What the doctor found. Also the form of `--json`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_sc2.engine.probe import Probe
from jupyter_sc2.messages import CatalogueEntry, Machine, Recommendation

State = Literal["ok", "warn", "problem"]


class Check(Struct, frozen=True):
    """`text` is what was found, `advice` what to do about it; empty where all is well."""

    name: str
    state: State
    text: str
    advice: str = ""


class Folder(Struct, frozen=True):
    """`bytes` are those of the files in it, -1 where nobody counted."""

    name: str
    path: str
    exists: bool
    writable: bool
    bytes: int = -1


class Copy(Struct, frozen=True):
    """A converted copy of weights on disk."""

    name: str
    precision: str
    bytes: int


class Role(Struct, frozen=True):
    """What a role begins with. `source`: `configuration`, `chosen` by a user, or `default`."""

    role: str
    weights: str
    precision: str
    device: str
    source: str
    adapter: str = ""


class Accepted(Struct, frozen=True):
    """An answer to a licence. `who` and `time` are empty where nobody answered."""

    licence: str
    title: str
    state: Literal["accepted", "refused", "not answered"]
    who: str = ""
    time: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """`engine` is None where the model's interpreter did not answer."""

    jupyter_sc2: str
    python: str
    platform: str
    software: dict[str, str]
    interpreter: str
    engine: Probe | None
    machine: Machine
    folders: list[Folder]
    copies: list[Copy]
    environment: dict[str, str]
    roles: list[Role]
    licences: list[Accepted]
    catalogue: list[CatalogueEntry]
    recommendation: Recommendation
    checks: list[Check]
