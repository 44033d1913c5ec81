"""`/sc2/models`: which weights there are, fetching and removing them, and what is in memory."""

from __future__ import annotations

import msgspec

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.messages import ModelSettings, WeightsAction


class CatalogueHandler(Sc2Handler):
    _track_activity = False  # looking on does not keep an idle server alive

    @allowed_to("read")
    async def get(self) -> None:
        """The whole `Catalogue`."""
        await self.finish(msgspec.json.encode(await self.services.models.catalogue()))


class WeightsActionHandler(Sc2Handler):
    @allowed_to("execute")
    async def post(self, action: str) -> None:
        """204 for what is done by now, 202 for what goes on; the event bus says how it does."""
        models = self.services.models
        begin = {"download": models.download, "load": models.load, "reload": models.reload}
        at_once = {"pause": models.pause, "cancel": models.cancel, "delete": models.delete, "unload": models.unload}
        if action not in begin | at_once:
            raise Sc2Error("not_found", "There is no such action.", status=404)
        request = self.parse_body(WeightsAction)
        await (begin | at_once)[action](request.weights)
        self.set_status(202 if action in begin else 204)
        await self.finish()


class ModelSettingsHandler(Sc2Handler):
    @allowed_to("execute")
    async def put(self) -> None:
        """204; kept for the next start too."""
        request = self.parse_body(ModelSettings)
        await self.services.models.set_idle_minutes(request.idle_minutes)
        self.set_status(204)
        await self.finish()
