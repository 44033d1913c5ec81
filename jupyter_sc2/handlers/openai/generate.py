"""From parts of an answer to HTTP: one JSON object, or a stream of them that ends in `[DONE]`."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from tornado.iostream import StreamClosedError

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.openai.base import OpenAIHandler
from jupyter_sc2.handlers.openai.choose import Chosen
from jupyter_sc2.handlers.openai.errors import as_openai, status_of
from jupyter_sc2.handlers.openai.run import Asked, Part, Run
from jupyter_sc2.handlers.sse import HEARTBEAT_SECONDS, ClientTooSlow, EventWriter
from jupyter_sc2.handlers.stream import as_failure
from jupyter_sc2.messages.openai import OpenAISampling, OpenAIUsage

Build = Callable[[], Sequence[Asked]]


class GeneratingHandler(OpenAIHandler):
    """Errors before the first piece are plain answers; a later one is the stream's last piece."""

    heartbeat_seconds = HEARTBEAT_SECONDS
    prefix = ""  # of an answer's id
    _run: Run | None = None

    def piece(self, run: Run, parts: Sequence[Part], usage: OpenAIUsage | UnsetType | None) -> Struct:
        """A piece of a stream: its parts, if any, and the `usage`, which only the last has."""
        raise NotImplementedError

    def whole(self, run: Run, parts: Sequence[Sequence[Part]]) -> Struct:
        """An answer from the parts of each choice."""
        raise NotImplementedError

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.cancel()

    def cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()

    async def answer(
        self, chosen: Chosen, request: OpenAISampling, prompts: int, logprobs: int | None, build: Build
    ) -> None:
        """Takes a place for each of the `prompts` that `build` makes, and writes what comes of them.

        Raises Sc2Error: 400, 429 or 503. `build` runs in a thread. The places are given back whatever happens.
        """
        self._created, self._logprobs = int(time.time()), logprobs is not None
        self._run = run = Run(chosen, f"{self.prefix}-{uuid.uuid4().hex}", prompts)
        self.set_header("x-request-id", run.name)
        events = Chunks(self)
        try:
            run.submit(await asyncio.to_thread(build), request, logprobs)
            if request.stream:
                await self._stream(run, request, events)
            else:
                await self._collect(run)
        except StreamClosedError:
            return
        except ClientTooSlow as error:
            self.log_exception(type(error), error, None)
            self.request.connection.stream.close()  # type: ignore[union-attr]
        except Exception as error:
            if not events.started:
                raise
            self.log_exception(type(error), error, error.__traceback__)
            status = status_of(error.status) if isinstance(error, Sc2Error) else 500
            await events.chunk(as_openai(as_failure(error, ""), status, error))
        finally:
            self.cancel()

    def heading(self, run: Run) -> dict[str, Any]:
        """The fields with which every answer and piece begins."""
        return {
            "id": run.name,
            "created": self._created,
            "model": run.chosen.name,
            "system_fingerprint": run.fingerprint,
        }

    async def _collect(self, run: Run) -> None:
        parts: list[list[Part]] = [[] for _ in range(run.choices)]
        async with aclosing(run.parts(self.heartbeat_seconds)) as news:
            async for part in news:
                if part is not None:
                    parts[part.index].append(part)
        await self.finish(msgspec.json.encode(self.whole(run, parts)))

    async def _stream(self, run: Run, request: OpenAISampling, events: Chunks) -> None:
        usage = None if request.includes_usage else UNSET
        async with aclosing(run.parts(self.heartbeat_seconds)) as news:
            async for part in news:
                if part is None:
                    await events.heartbeat()
                else:
                    await events.chunk(self.piece(run, [part], usage))
        if request.includes_usage:
            await events.chunk(self.piece(run, [], run.usage))
        await events.end()


class Chunks(EventWriter):
    """Pieces of an answer as server-sent events."""

    async def chunk(self, piece: Struct) -> None:
        await self._write(b"data: " + msgspec.json.encode(piece) + b"\n\n")

    async def end(self) -> None:
        await self._write(b"data: [DONE]\n\n")
