"""`POST /sc2/complete`: text at the cursor, as server-sent events."""

from __future__ import annotations

import asyncio
import secrets
from typing import Literal

from tornado.iostream import StreamClosedError

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers import ghost
from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.handlers.sse import HEARTBEAT_SECONDS, ClientTooSlow, EventWriter
from jupyter_sc2.messages import (
    CompletionRequest,
    Done,
    Failed,
    Failure,
    Finished,
    Prefill,
    PrefillProgress,
    Submit,
    Text,
    Tokens,
    Usage,
)
from jupyter_sc2.prompt.ghost import Prompt
from jupyter_sc2.prompt.trim import Trimmer
from jupyter_sc2.supervisor import Stream, Ticket

# Failures of a request that are the request's own fault; every other one is the engine's.
STATUS_OF_FAILURE = {"too_large": 422, "prompt_too_long": 422, "bad_value": 422, "busy": 429}


class CompleteHandler(Sc2Handler):
    heartbeat_seconds = HEARTBEAT_SECONDS
    _stream: Stream | None = None
    _served: Served | None = None

    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(CompletionRequest)
        if request.role != "ghost":
            raise Sc2Error("bad_value", f"`role` must be ghost; {request.role} does not exist yet.", status=422)
        where = ghost.place(request, self.services.cells.resolve(request.client_id, request.cells))
        events = EventWriter(self)
        if where.is_completable(warms=request.options.max_new_tokens == 0):
            await self._complete(request, where, events)
        else:
            await events.send(Done("stop", Usage(0, 0, 0)))

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._cancel()

    async def _complete(self, request: CompletionRequest, where: ghost.Place, events: EventWriter) -> None:
        """Answers with events; an error before the first of them is raised, a later one is the last event."""
        self._served = served = self.services.of(request.role)
        self._stream = stream = served.admit(_ticket(request))
        try:
            await self._answer(request, where, served, stream, events)
        except StreamClosedError:
            return
        except ClientTooSlow as error:
            self.log_exception(type(error), error, None)
            self.request.connection.stream.close()  # type: ignore[union-attr]
        except Exception as error:
            if not events.started:
                raise
            self.log_exception(type(error), error, error.__traceback__)
            await events.send(_failure(error, self.request_id))
        finally:
            self._cancel()

    async def _answer(
        self, request: CompletionRequest, where: ghost.Place, served: Served, stream: Stream, events: EventWriter
    ) -> None:
        if stream.ended:  # a newer request of this editor came first
            await events.send(Done("superseded", stream.usage))
            return
        prompt = await asyncio.to_thread(ghost.build_prompt, request, where, served, self.services.prompt_ids)
        seed = secrets.randbits(32) if request.options.seed is None else request.options.seed
        submitted = ghost.submission(request, prompt, seed)
        served.engine.submit(stream, submitted)
        last = await self._relay(stream, Trimmer(prompt, served.tokenizer), events)
        await events.send(self._done(request, prompt, submitted, served, last))

    async def _relay(self, stream: Stream, trimmer: Trimmer, events: EventWriter) -> Finished:
        """Passes the engine's events on until the last one. Raises Sc2Error when the request failed."""
        while True:
            event = await stream.next(self.heartbeat_seconds)
            match event:
                case None:
                    await events.heartbeat()
                case Tokens(ids=ids):
                    if text := trimmer.feed(ids):
                        await events.send(Text(text))
                    if trimmer.finished:
                        self._cancel("scope")
                case PrefillProgress(done=done, total=total):
                    await events.send(Prefill(done, total))
                case Failed(code=code, message=message, hint=hint):
                    raise Sc2Error(code, message, hint, status=STATUS_OF_FAILURE.get(code, 503))
                case Finished(finish=finish):
                    ended_by_itself = finish in ("stop", "length")
                    if ended_by_itself and (text := trimmer.flush(complete=finish == "stop")):
                        await events.send(Text(text))
                    return event
                case _:
                    await events.send(event)

    def _done(
        self, request: CompletionRequest, prompt: Prompt, submitted: Submit, served: Served, last: Finished
    ) -> Done:
        made_by = ghost.provenance(request, submitted, served, served.engine.status())
        return Done(last.finish, last.usage, made_by, prompt.truncated)

    def _cancel(self, finish: Literal["cancelled", "scope"] = "cancelled") -> None:
        """Ends what still runs for this request; nothing when it has ended."""
        if self._stream is not None and self._served is not None and not self._stream.ended:
            self._served.engine.cancel(self._stream.ticket.request_id, finish)


def _ticket(request: CompletionRequest) -> Ticket:
    return Ticket(request.request_id, request.client_id, request.editor_id, request.seq, request.role)


def _failure(error: Exception, request_id: str) -> Failure:
    if isinstance(error, Sc2Error):
        return Failure(error.code, error.message, error.hint, request_id)
    return Failure("internal", "Something went wrong in jupyter-sc2.", "The server's log says where.", request_id)
