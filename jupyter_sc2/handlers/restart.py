"""`POST /sc2/restart`: loads the weights anew, on a user's wish; the way back from a failed engine."""

from __future__ import annotations

from jupyter_sc2.handlers.base import Sc2Handler, allowed_to


class RestartHandler(Sc2Handler):
    @allowed_to("execute")
    async def post(self) -> None:
        """204 once the old workers are gone and new ones are on their way. Open requests end with `engine_stopped`."""
        for engine in self.services.engines:
            if engine.status().roles:  # others come or go as it is
                await engine.restart()
        self.set_status(204)
        await self.finish()
