"""Whether a user may choose weights for a role, and whether they are of use there."""

from __future__ import annotations

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import ChooseWeights, Role
from jupyter_sc2.roles.policy import Policy


def check(role: Role, choice: ChooseWeights, policy: Policy, acceptances: Acceptances) -> None:
    """Reads files. Raises WeightsError or Sc2Error: 403 `pinned`, `not_allowed`, `licence_needed`, 422 `wrong_kind`."""
    policy.require_free(role)
    policy.require(choice.weights, choice.adapter)
    require_licences(choice, acceptances)
    entry = check_files(choice)
    if role == "ghost" and entry.kind != "base":
        message = f"{entry.name} was trained to converse and cannot complete code at the cursor."
        raise Sc2Error("wrong_kind", message, "Choose base weights for ghost text, such as StarCoder2-3B.", status=422)


def require_licences(choice: ChooseWeights, acceptances: Acceptances) -> None:
    """Raises Sc2Error 403 `licence_needed` when that of the weights, or of the adapter, is not accepted."""
    for name in filter(None, (choice.weights, choice.adapter)):
        acceptances.require(catalog.licence_needed(name))


def check_files(choice: ChooseWeights) -> catalog.Entry:
    """Raises WeightsError when weights or adapter are missing, or of a kind that is not supported."""
    entry = catalog.find(choice.weights)
    if choice.adapter:
        from jupyter_sc2.engine.adapter_config import read_adapter_config

        read_adapter_config(catalog.locate(choice.adapter))
    return entry
