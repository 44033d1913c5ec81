"""`/sc2/conversations`: opens the conversation of a notebook, reads one again, forgets one."""

from __future__ import annotations

import msgspec

from jupyter_sc2.conversations import NotThere
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.messages import OpenConversation, OpenedConversation, Uuid


class ConversationsHandler(Sc2Handler):
    @allowed_to("execute")
    async def post(self) -> None:
        """The conversation of a notebook, a new one if there is none. Nothing is written before somebody speaks."""
        request = self.parse_body(OpenConversation)
        entry = self.services.of("chat").entry
        found, notice = await self.services.conversations.open(request.path.strip("/"))
        await self.finish(msgspec.json.encode(OpenedConversation(found, entry.name, entry.kind, notice)))


class ConversationHandler(Sc2Handler):
    @allowed_to("read")
    async def get(self, name: str) -> None:
        found = await self.services.conversations.get(_checked(name))
        await self.finish(msgspec.json.encode(found))

    @allowed_to("execute")
    async def delete(self, name: str) -> None:
        """204; the conversation is gone for ever."""
        await self.services.conversations.delete(_checked(name))
        self.set_status(204)
        await self.finish()


def _checked(name: str) -> str:
    """Only a UUID names a conversation, so that no name reaches another file."""
    try:
        return msgspec.convert(name, Uuid)
    except msgspec.ValidationError:
        raise NotThere from None
