"""From the fleet to whoever has to know."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_sc2.messages import ChooseWeights, Role, RoleChoice
from jupyter_sc2.supervisor import Supervisor, Watcher


class Watch(Watcher):
    """`serve` is told which engine answers, `forget` which one loads files anew, `keep` which choice turned out well,
    `tell` how all roles stand."""

    def __init__(
        self,
        serve: Callable[[Role, ChooseWeights, Supervisor], None],
        forget: Callable[[Supervisor], None],
        keep: Callable[[Role, ChooseWeights], None],
        tell: Callable[[list[RoleChoice]], None],
    ) -> None:
        self._serve, self._forget, self._keep, self._tell = serve, forget, keep, tell

    def role(self, role: Role, choice: ChooseWeights, engine: Supervisor) -> None:
        self._serve(role, choice, engine)

    def loads(self, engine: Supervisor) -> None:
        self._forget(engine)

    def chosen(self, role: Role, choice: ChooseWeights) -> None:
        self._keep(role, choice)

    def roles(self, choices: list[RoleChoice]) -> None:
        self._tell(choices)
