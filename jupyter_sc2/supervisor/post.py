"""A role, what it answers with, and what it is changing to."""

from __future__ import annotations

from msgspec import Struct

from jupyter_sc2.messages import ChooseWeights, Role, RoleChoice
from jupyter_sc2.supervisor.member import Member


class Post(Struct, eq=False):
    """`member` answers for `role` with `choice`.

    A change is on its way while there is a `coming` member, whose `wanted` choice holds as soon as it is ready, or
    while `tries` says that `member` is new itself. Then `former` is the choice to return to when it cannot be loaded.
    """

    role: Role
    choice: ChooseWeights
    member: Member
    pinned: bool
    wanted: ChooseWeights | None = None
    coming: Member | None = None
    tries: bool = False
    former: ChooseWeights | None = None
    note: str = ""

    @property
    def is_changing(self) -> bool:
        return self.coming is not None or self.tries

    @property
    def newest(self) -> tuple[ChooseWeights, Member]:
        """What is on its way, else what answers."""
        return (self.wanted, self.coming) if self.wanted and self.coming else (self.choice, self.member)

    def stay(self) -> None:
        """What answers now goes on doing so."""
        self.wanted = self.coming = None

    def arrive(self) -> None:
        """What is on its way answers from now on."""
        self.choice, self.member = self.newest
        self.wanted = self.coming = self.former = None
        self.tries = False

    def told(self) -> RoleChoice:
        return RoleChoice(
            role=self.role,
            weights=self.choice.weights,
            adapter=self.choice.adapter,
            precision=self.choice.precision,
            device=self.choice.device,
            context=self.choice.context,
            pinned=self.pinned,
            next_weights=self.wanted.weights if self.wanted else "",
            note=self.note,
        )
