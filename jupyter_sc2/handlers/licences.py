"""`/sc2/licences/{id}`: the terms that weights come under, and the user's answer to them."""

from __future__ import annotations

import msgspec

from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.messages import AnswerLicence


class LicenceHandler(Sc2Handler):
    _track_activity = False

    @allowed_to("read")
    async def get(self, name: str) -> None:
        """The `Licence`, with the text of the licence file that downloaded weights carry."""
        await self.finish(msgspec.json.encode(await self.services.models.licence(name)))

    @allowed_to("execute")
    async def put(self, name: str) -> None:
        """The `Licence` with the acceptance that counts now. What was refused leaves the memory."""
        answer = self.parse_body(AnswerLicence)
        user = self.current_user
        found = await self.services.models.answer(name, answer, user.name or user.username)
        await self.finish(msgspec.json.encode(found))
