"""How a role changes to other weights while it is in use, and what happens when they cannot be loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, Role, RoleChoice
from jupyter_sc2.supervisor.engines import Engines
from jupyter_sc2.supervisor.member import Appraisal, Member, Source
from jupyter_sc2.supervisor.post import Post
from jupyter_sc2.supervisor.supervisor import Supervisor

OUT_OF_MEMORY = {"no_memory", "out_of_memory"}


class Watcher:
    """Is told what changes. It may not call back."""

    def role(self, role: Role, choice: ChooseWeights, engine: Supervisor) -> None:
        """From now on `role` is answered by `engine`."""

    def loads(self, engine: Supervisor) -> None:
        """`engine` begins to load its weights, which may be other files than last time."""

    def chosen(self, role: Role, choice: ChooseWeights) -> None:
        """A choice has turned out well and may be kept for the next start."""

    def roles(self, choices: list[RoleChoice]) -> None:
        """The roles' choices, when one of them is another."""


class Changes:
    """All roles. `settle` is to be called when an engine is in another state."""

    def __init__(
        self,
        choices: Mapping[Role, ChooseWeights],
        pinned: frozenset[Role],
        notes: Mapping[Role, str],
        engines: Engines,
        source: Source,
    ) -> None:
        self._engines, self._source, self.watcher = engines, source, Watcher()
        self.one_at_a_time = asyncio.Lock()
        self.posts = {
            role: Post(role, choice, engines.get(choice), role in pinned, note=notes.get(role, ""))
            for role, choice in choices.items()
        }
        for member in engines.members:
            member.supervisor.roles = self._roles_of(member)
        self._told = self.told()

    def told(self) -> list[RoleChoice]:
        return [post.told() for post in self.posts.values()]

    def choices_for(self, member: Member) -> list[ChooseWeights]:
        """What `member` is, or shall be, used for."""
        posts = self.posts.values()
        now = [post.choice for post in posts if post.member is member]
        return now + [post.wanted for post in posts if post.coming is member and post.wanted]

    def answering_until(self, member: Member) -> set[Member]:
        """Who answers until `member` is ready."""
        return {post.member for post in self.posts.values() if post.coming is member}

    async def aim(self, post: Post, choice: ChooseWeights, appraisal: Appraisal) -> None:
        """Sets `post` on its way to `choice`; the caller holds `one_at_a_time`."""
        known = self._engines.find(choice, appraisal.cache_bytes)
        both = await self._fits_beside(post, choice, appraisal, known)
        member = self._engines.get(choice, appraisal.cache_bytes)
        for other in self.posts.values():  # a larger context is for all that share the weights
            shares = other.member.recipe == member.recipe and other.member is not member and not other.is_changing
            if shares and (both or member is post.member):
                other.wanted, other.coming = other.choice, member
            elif shares and other is not post:
                self._replace(other, other.choice, member)
        if member is post.member:
            post.stay()
            post.choice = choice
            post.tries = post.tries or member.has_failed
            if not post.tries:
                self.watcher.chosen(post.role, choice)
            self.watcher.role(post.role, choice, member.supervisor)
            if not post.tries:
                return
        elif both:
            post.wanted, post.coming = choice, member
        else:
            self._replace(post, choice, member)
        member.supervisor.forget_failure()
        member.supervisor.start()

    def _replace(self, post: Post, choice: ChooseWeights, member: Member) -> None:
        """There is no memory for both: `member` answers from now on, as soon as it can."""
        if not post.tries and not post.member.has_failed:
            post.former = post.choice
        post.stay()
        post.choice, post.member, post.tries = choice, member, True
        self.watcher.role(post.role, choice, member.supervisor)

    def settle(self) -> None:
        """Brings roles and engines into accord with what has become of the engines."""
        for post in self.posts.values():
            member = post.newest[1]
            status = member.supervisor.status()
            if status.state == "ready" and post.is_changing:
                post.arrive()
                self.watcher.role(post.role, post.choice, member.supervisor)
                self.watcher.chosen(post.role, post.choice)
            elif status.state == "failed" and status.failure and status.failure.code in OUT_OF_MEMORY:
                self._engines.spawn(self._step_down(post, status.failure.message))
            elif status.state == "failed" and status.failure and post.is_changing:
                self._turn_back(post, status.failure.message)
        for member in list(self._engines.members):
            member.supervisor.serve(self._roles_of(member))
            if not self.choices_for(member):
                self._engines.see_off(member)
        told = self.told()
        if told != self._told:
            self._told = told
            self.watcher.roles(told)

    def give_up(self, members: Collection[Member]) -> None:
        """`members` are about to leave the memory: roles that were changing to one of them stay as they are."""
        for post in self.posts.values():
            if post.coming in members:
                name = self._source.name_of(post.newest[0].weights)
                post.stay()
                old = self._source.name_of(post.choice.weights)
                post.note = f"{name} was unloaded before it was ready. {old} answers as before."
        self.settle()

    def _roles_of(self, member: Member) -> list[Role]:
        return [post.role for post in self.posts.values() if post.member is member]

    async def _fits_beside(self, post: Post, choice: ChooseWeights, appraisal: Appraisal, known: Member | None) -> bool:
        """Whether what answers for `post` now can go on while `choice` loads."""
        if post.member.has_failed:
            return False
        need = 0 if known is not None and known.held_bytes else appraisal.need
        if not post.member.held_bytes:  # it may be asked, and loads then
            try:
                need += (await asyncio.to_thread(self._source.appraise, post.choice)).need
            except Sc2Error:
                return False
        keep = {post.member} if known is None else {post.member, known}
        return await self._engines.room.holds(need, choice.device, keep)

    async def _step_down(self, post: Post, reason: str) -> None:
        """Out of memory: the next smaller precision, or what was before."""
        async with self.one_at_a_time:
            choice, member = post.newest
            if not member.has_failed:
                return  # somebody has chosen anew meanwhile
            smaller = await self._smaller(choice)
            if smaller is not None:
                if post.coming is None:
                    post.tries = True  # also where nobody chose
                asked = "the usual precision" if choice.precision == "auto" else choice.precision
                post.note = f"There was not enough memory for {asked}: {smaller[0].precision} is used instead."
                await self.aim(post, *smaller)
            elif post.is_changing:
                self._turn_back(post, reason)
            else:
                return  # it has failed, and settling again would lead here again
        self.settle()

    async def _smaller(self, choice: ChooseWeights) -> tuple[ChooseWeights, Appraisal] | None:
        """The same weights in the next smaller precision; None where there is none."""
        try:
            lower = (await asyncio.to_thread(self._source.appraise, choice)).lower
            if lower is None:
                return None
            smaller = replace(choice, precision=lower)
            return smaller, await asyncio.to_thread(self._source.appraise, smaller)
        except Sc2Error:
            return None

    def _turn_back(self, post: Post, reason: str) -> None:
        """What was chosen cannot be loaded: the old weights stay, or return."""
        post.note = f"{self._source.name_of(post.newest[0].weights)} could not be loaded. {reason}"
        if post.coming is None and post.former is None:
            post.tries = False  # nothing to return to
            return
        post.stay()
        if post.former is not None:
            post.choice, post.former, post.tries = post.former, None, False
            post.member = self._engines.get(post.choice)
            self.watcher.role(post.role, post.choice, post.member.supervisor)
            post.member.supervisor.forget_failure()  # perhaps the same engine, that failed with a larger context
            post.member.supervisor.start()
        post.note += f" {self._source.name_of(post.choice.weights)} answers as before."
