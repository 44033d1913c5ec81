"""What every generating route shares: a place at the engine, its events on the wire, and the end of both."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from tornado.iostream import StreamClosedError

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.base import Sc2Handler
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.handlers.sse import HEARTBEAT_SECONDS, ClientTooSlow, EventWriter
from jupyter_sc2.messages import Failed, Failure, Finished, Prefill, PrefillProgress, Text, Tokens
from jupyter_sc2.supervisor import Stream, Ticket

# Failures of a request that are the request's own fault; every other one is the engine's.
STATUS_OF_FAILURE = {"too_large": 422, "prompt_too_long": 422, "bad_value": 422, "busy": 429}


class Reader(Protocol):
    """Turns new ids into the characters to show."""

    @property
    def finished(self) -> bool: ...

    def feed(self, ids: list[int]) -> str: ...

    def flush(self, complete: bool = True) -> str: ...


class StreamHandler(Sc2Handler):
    """Errors before the first event are plain answers; a later one is the last event."""

    heartbeat_seconds = HEARTBEAT_SECONDS
    _stream: Stream | None = None
    _served: Served | None = None

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.cancel()

    async def answer(
        self,
        served: Served,
        ticket: Ticket,
        events: EventWriter,
        write: Callable[[Served, Stream, EventWriter], Awaitable[None]],
    ) -> None:
        """Takes a place for the request, lets `write` answer it, and gives the place back whatever happens."""
        self._served = served
        self._stream = stream = served.admit(ticket)
        try:
            await write(served, stream, events)
        except StreamClosedError:
            return
        except ClientTooSlow as error:
            self.log_exception(type(error), error, None)
            self.request.connection.stream.close()  # type: ignore[union-attr]
        except Exception as error:
            if not events.started:
                raise
            self.log_exception(type(error), error, error.__traceback__)
            await events.send(as_failure(error, self.request_id))
        finally:
            self.cancel()

    async def relay(self, stream: Stream, reader: Reader, events: EventWriter) -> Finished:
        """Passes the engine's events on until the last one. Raises Sc2Error when the request failed."""
        while True:
            event = await stream.next(self.heartbeat_seconds)
            match event:
                case None:
                    await events.heartbeat()
                case Tokens(ids=ids):
                    if text := reader.feed(ids):
                        await events.send(Text(text))
                    if reader.finished:
                        self.cancel("scope")
                case PrefillProgress(done=done, total=total):
                    await events.send(Prefill(done, total))
                case Failed(code=code, message=message, hint=hint):
                    raise Sc2Error(code, message, hint, status=STATUS_OF_FAILURE.get(code, 503))
                case Finished(finish=finish):
                    ended_by_itself = finish in ("stop", "length")
                    if ended_by_itself and (text := reader.flush(complete=finish == "stop")):
                        await events.send(Text(text))
                    return event
                case _:
                    await events.send(event)

    def cancel(self, finish: Literal["cancelled", "scope"] = "cancelled") -> None:
        """Ends what still runs for this request; nothing when it has ended."""
        if self._stream is not None and self._served is not None and not self._stream.ended:
            self._served.engine.cancel(self._stream.ticket.request_id, finish)


def seed_of(options: Any) -> int:
    """The request's own seed, or a new one."""
    return secrets.randbits(32) if options.seed is None else int(options.seed)


def as_failure(error: Exception, request_id: str) -> Failure:
    if isinstance(error, Sc2Error):
        return Failure(error.code, error.message, error.hint, request_id)
    return Failure("internal", "Something went wrong in jupyter-sc2.", "The server's log says where.", request_id)
