"""`GET /sc2/v1/models` and `GET /sc2/v1/models/{id}`: the roles, and the weights that answer them."""

from __future__ import annotations

import msgspec

from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.openai.base import OpenAIHandler
from jupyter_sc2.handlers.openai.choose import Chosen, choose, present
from jupyter_sc2.messages.openai import OpenAIModel, OpenAIModels


class ModelsHandler(OpenAIHandler):
    _track_activity = False  # asking what there is does not keep an idle server alive

    @allowed_to("read")
    async def get(self) -> None:
        found = present(self.services)
        names = {chosen.name: chosen for chosen in found} | {chosen.role: chosen for chosen in found}
        models = [_model(name, chosen) for name, chosen in names.items()]
        await self.finish(msgspec.json.encode(OpenAIModels(models)))


class ModelHandler(OpenAIHandler):
    _track_activity = False

    @allowed_to("read")
    async def get(self, name: str) -> None:
        await self.finish(msgspec.json.encode(_model(name, choose(self.services, name, "ghost"))))


def _model(name: str, chosen: Chosen) -> OpenAIModel:
    """`owned_by` of a role says which weights answer it."""
    weights = chosen.name
    try:
        created = int(chosen.served.entry.folder.stat().st_mtime)
    except OSError:  # gone since it was read; what is in memory answers nevertheless
        created = 0
    return OpenAIModel(name, created, "jupyter-sc2" if name == weights else weights)
