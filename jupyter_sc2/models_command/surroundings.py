"""What a server would know when it starts: its configuration, what was chosen, and who accepted what."""

from __future__ import annotations

import getpass
from functools import cached_property
from typing import cast

from jupyter_sc2 import catalog
from jupyter_sc2.doctor.configured import configured
from jupyter_sc2.downloads import Downloads
from jupyter_sc2.downloads.kept import data_folder
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import Catalogue, Precision, RoleChoice
from jupyter_sc2.roles import KeptChoices, Policy, begin
from jupyter_sc2.roles.policy import ROLES
from jupyter_sc2.roles.view import View


class Surroundings:
    """Read when asked for."""

    def __init__(self) -> None:
        found = configured()
        if found.trouble:
            raise Sc2Error("bad_configuration", f"Jupyter's configuration cannot be read: {found.trouble}.")
        self.policy = Policy(
            weights=found.weights,
            roles={role: found.roles[role] for role in ROLES if role in found.roles},
            allowed=tuple(found.allowed_weights),
            precision=cast(Precision, found.precision),
            device=found.device,
        )
        self.kept = KeptChoices(data_folder())
        self.acceptances = Acceptances(data_folder(), found.licences_accepted_by)

    @cached_property
    def roles(self) -> list[RoleChoice]:
        """As a server would begin."""
        beginning = begin(self.policy, self.kept)
        return [
            RoleChoice(
                role=role,
                weights=choice.weights,
                adapter=choice.adapter,
                precision=choice.precision,
                device=choice.device,
                context=choice.context,
                pinned=role in self.policy.pinned,
                note=beginning.notes.get(role, ""),
            )
            for role, choice in beginning.choices.items()
        ]

    def catalogue(self) -> Catalogue:
        downloads = Downloads(None, lambda download: None).list()
        minutes = self.kept.read()[0].idle_minutes
        return View(self.policy, self.acceptances).catalogue(self.roles, downloads, idle_minutes=minutes or 0)


def who() -> str:
    """The name of the user of this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def full_name(weights: str) -> str:
    """A folder by its whole path: a server has another working directory."""
    return weights if weights == catalog.BUILT_IN or catalog.is_hub_id(weights) else str(catalog.locate(weights))
