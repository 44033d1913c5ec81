"""`GET /sc2/status`: the state of every engine."""

from __future__ import annotations

import msgspec

from jupyter_sc2 import __version__
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.messages import PROTOCOL, Status


class StatusHandler(Sc2Handler):
    _track_activity = False  # asking for the state does not keep an idle server alive

    @allowed_to("read")
    async def get(self) -> None:
        engines = [engine.status() for engine in self.services.engines]
        roles = self.services.models.fleet.choices()
        await self.finish(msgspec.json.encode(Status(PROTOCOL, __version__, engines, roles)))
