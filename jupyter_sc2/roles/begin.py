"""What each role begins with when the server starts: the user's last choice, as far as it can still be followed."""

from __future__ import annotations

from msgspec import Struct

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, Role
from jupyter_sc2.roles.checks import check_files
from jupyter_sc2.roles.kept import KeptChoices
from jupyter_sc2.roles.policy import ROLES, Policy


class Beginning(Struct, frozen=True):
    """`notes` say why a role begins otherwise than it was left. `idle_minutes` is None where nobody set it."""

    choices: dict[Role, ChooseWeights]
    notes: dict[Role, str]
    warnings: list[str]
    idle_minutes: int | None


def begin(policy: Policy, kept: KeptChoices) -> Beginning:
    """Reads some small files. Raises nothing."""
    found, warning = kept.read()
    choices: dict[Role, ChooseWeights] = {}
    notes: dict[Role, str] = {}
    for role in ROLES:
        choices[role] = policy.default(role)
        choice = found.roles.get(role)
        if choice is None or role in policy.pinned:
            continue
        obstacle = _obstacle(choice, policy)
        if obstacle:
            notes[role] = f"{obstacle} {catalog.name_of(choices[role].weights)} answers instead."
        else:
            choices[role] = choice
    return Beginning(choices, notes, [warning] if warning else [], found.idle_minutes)


def _obstacle(choice: ChooseWeights, policy: Policy) -> str:
    """Why a choice cannot be followed any more. Licences and damage show when the weights are loaded."""
    try:
        policy.require(choice.weights, choice.adapter)
        check_files(choice)
    except Sc2Error as error:
        return error.message
    return ""
