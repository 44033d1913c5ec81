"""`DELETE /sc2/requests/{request_id}`: cancels one request."""

from __future__ import annotations

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to


class RequestHandler(Sc2Handler):
    @allowed_to("execute")
    async def delete(self, request_id: str) -> None:
        """204; the request's own stream ends with `done{cancelled}`. 404 when it is not open (any more)."""
        if not any(engine.cancel(request_id) for engine in self.services.engines):
            raise Sc2Error("not_found", "No such request is open.", status=404)
        self.set_status(204)
        await self.finish()
