"""`GET /sc2/openapi.json`: the description of every route."""

from __future__ import annotations

from jupyter_sc2.handlers.base import Sc2Handler, allowed_to


class OpenApiHandler(Sc2Handler):
    _track_activity = False  # reading what the server can do does not keep an idle one alive

    @allowed_to("read")
    async def get(self) -> None:
        from jupyter_sc2 import openapi  # a server starts without it

        await self.finish(openapi.encoded())
