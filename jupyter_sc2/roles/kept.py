"""What users chose, on disk: which weights each role has, and how long unused ones stay in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from jupyter_sc2 import disk
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, Role

NAME, MAX_BYTES = "choice.json", 1 << 20


class Kept(Struct, frozen=True):
    """Roles that nobody chose for are left out. `idle_minutes` is None where nobody set it."""

    roles: dict[Role, ChooseWeights] = {}
    idle_minutes: Annotated[int, Meta(ge=0, le=10_080)] | None = None
    schema_version: Literal[1] = 1


class KeptChoices:
    """In `folder`, Jupyter's data folder `sc2`. Read anew each time: a terminal and servers share the file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def read(self) -> tuple[Kept, str]:
        """What is kept, and a warning if it cannot be read. A damaged file is set aside: nothing of it is lost."""
        try:
            with self.path.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=Kept), ""
        except FileNotFoundError:
            return Kept(), ""
        except OSError as error:
            return Kept(), f"{self.path} cannot be read: {disk.reason(error)}. The default weights are used."
        except (msgspec.DecodeError, RecursionError):
            disk.set_aside(self.path)
            return Kept(), f"{self.path} was damaged and has been set aside. The default weights are used."

    def keep(self, role: Role, choice: ChooseWeights) -> None:
        """Raises Sc2Error 507 `unsaved`."""
        self._change(lambda kept: replace(kept, roles={**kept.roles, role: choice}))

    def forget(self, weights: str) -> None:
        """No role comes back to `weights`, which are gone."""
        self._change(lambda kept: replace(kept, roles={r: c for r, c in kept.roles.items() if c.weights != weights}))

    def keep_idle_minutes(self, minutes: int) -> None:
        self._change(lambda kept: replace(kept, idle_minutes=minutes))

    def _change(self, change: Callable[[Kept], Kept]) -> None:
        try:
            with disk.alone(self.path.parent):
                disk.replace(self.path, msgspec.json.format(msgspec.json.encode(change(self.read()[0])), indent=1))
        except OSError as error:
            message = f"The choice of weights could not be kept: {disk.reason(error)}."
            raise Sc2Error("unsaved", message, f"It belongs into {self.path}.", status=507) from None
