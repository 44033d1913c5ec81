"""Which weights a request's `model` names: by their own name, or by the role that they answer."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from jupyter_sc2.errors import WeightsError
from jupyter_sc2.handlers.openai.errors import BadRequest
from jupyter_sc2.handlers.services import Served, Services
from jupyter_sc2.messages import Role

ROLES: tuple[Role, ...] = get_args(Role)


class Chosen(Struct, frozen=True):
    """Weights, and the role in which they are asked."""

    served: Served
    role: Role

    @property
    def name(self) -> str:
        return self.served.entry.name


def choose(services: Services, model: str | None, role: Role) -> Chosen:
    """The weights of `role` where no model is named. Raises `model_not_found`, or WeightsError."""
    named = next((each for each in ROLES if each == model), None)
    if not model or named:
        return Chosen(services.of(named or role), named or role)
    for chosen in present(services, (role, *ROLES)):
        if model in (chosen.name, chosen.served.weights):
            return chosen
    names = dict.fromkeys((*ROLES, *(chosen.name for chosen in present(services))))
    raise BadRequest(f"There is no such model. There are: {', '.join(names)}.", "model", "model_not_found", 404)


def present(services: Services, roles: tuple[Role, ...] = ROLES) -> list[Chosen]:
    """The roles whose weights are there."""
    found = []
    for role in roles:
        try:
            chosen = Chosen(services.of(role), role)
            _ = chosen.name
        except WeightsError:
            continue
        found.append(chosen)
    return found
