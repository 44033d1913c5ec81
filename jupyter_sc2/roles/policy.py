"""What the server's configuration decides about weights, and what it leaves to its users."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from jupyter_sc2.catalog import BUILT_IN
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, Precision, Role

ROLES: tuple[Role, ...] = get_args(Role)


class Policy(Struct, frozen=True):
    """From the traits of the same names. Roles that `roles` names are pinned; so are all when `weights` are not the
    built-in ones. `allowed` weights are all that users may choose; empty for any."""

    weights: str = BUILT_IN
    roles: dict[Role, str] = {}
    allowed: tuple[str, ...] = ()
    precision: Precision = "auto"
    device: str = "auto"
    context: int = 4096

    @property
    def pinned(self) -> frozenset[Role]:
        return frozenset(ROLES if self.weights != BUILT_IN else self.roles)

    def default(self, role: Role) -> ChooseWeights:
        """What `role` answers with where no user chose."""
        weights = self.roles.get(role, self.weights)
        return ChooseWeights(weights, "", self.precision, self.device, self.context)

    def allows(self, weights: str) -> bool:
        """Weights of the configuration itself are always allowed."""
        return not self.allowed or weights in {*self.allowed, self.weights, *self.roles.values()}

    def require(self, weights: str, adapter: str = "") -> None:
        """Raises Sc2Error 403 `not_allowed`."""
        for name in filter(None, (weights, adapter)):
            if not self.allows(name):
                message = f"This server does not allow {name}."
                raise Sc2Error("not_allowed", message, f"Allowed are: {', '.join(self.allowed)}.", status=403)

    def require_free(self, role: Role) -> None:
        """Raises Sc2Error 403 `pinned`."""
        if role in self.pinned:
            message = f"The weights for {role} are set by this server's configuration."
            raise Sc2Error("pinned", message, "Ask whoever runs it.", status=403)
