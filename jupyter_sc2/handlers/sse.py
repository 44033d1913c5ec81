"""Server-sent events on a handler, with back-pressure: each event is flushed before the next is made."""

from __future__ import annotations

import asyncio

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.base import Sc2Handler
from jupyter_sc2.messages import Event, encode_event

HEARTBEAT_SECONDS = 10.0
CLIENT_SECONDS = 60.0  # how long a client may leave an event unread


class ClientTooSlow(Sc2Error):
    """The client does not read. It can hardly be told: the connection is closed."""

    def __init__(self) -> None:
        super().__init__("client_too_slow", "The client did not read its answer.", status=408)


class EventWriter:
    """Writes events to `handler`; the headers go out with the first, so that errors before it are plain answers."""

    def __init__(self, handler: Sc2Handler) -> None:
        self._handler = handler
        self.started = False

    async def send(self, event: Event) -> None:
        """Raises ClientTooSlow, or tornado's StreamClosedError when the client has gone."""
        await self._write(encode_event(event))

    async def heartbeat(self) -> None:
        """A comment, which keeps proxies from closing a silent connection."""
        await self._write(b": \n\n")

    async def _write(self, data: bytes) -> None:
        if not self.started:
            self.started = True
            self._handler.set_header("Content-Type", "text/event-stream")
            self._handler.set_header("Cache-Control", "no-cache")
            self._handler.set_header("X-Accel-Buffering", "no")
        self._handler.write(data)
        flushed = asyncio.ensure_future(self._handler.flush())
        done, _ = await asyncio.wait({flushed}, timeout=CLIENT_SECONDS)
        if not done:
            raise ClientTooSlow
        flushed.result()
