"""`PUT /sc2/roles/{role}`: which weights answer for ghost text, the magic or the chat."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from jupyter_sc2.errors import Sc2Error, WeightsError
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.messages import ChooseWeights, Role


class RoleHandler(Sc2Handler):
    @allowed_to("execute")
    async def put(self, role: Any) -> None:
        """The `RoleChoice` as it is now: the new weights may still be on their way."""
        if role not in get_args(Role):
            raise Sc2Error("not_found", "There is no such role: ghost, magic and chat are.", status=404)
        request = self.parse_body(ChooseWeights)
        try:
            chosen = await self.services.models.choose(role, request)
        except WeightsError as error:  # the choice is wrong, not the server
            raise Sc2Error(error.code, error.message, error.hint, status=422) from None
        await self.finish(msgspec.json.encode(chosen))
