"""Keeps one worker alive, admits requests and passes them on."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import (
    Cancel,
    EngineState,
    EngineStatus,
    Failed,
    Failure,
    Finish,
    Finished,
    FromWorker,
    Hello,
    Loading,
    LoadProgress,
    Ready,
    Reads,
    Role,
    Submit,
)
from jupyter_sc2.supervisor.admission import Admission
from jupyter_sc2.supervisor.backoff import MAX_DEATHS, Backoff
from jupyter_sc2.supervisor.life import Life
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.stream import Stream, Ticket, TryLater


class Supervisor:
    """The local engine of one `weights`. Its methods belong to the event loop's thread.

    Every admitted stream ends exactly once, whatever becomes of the worker. Cancelling a request never cancels a load.
    """

    def __init__(
        self,
        weights: str,
        roles: Sequence[Role],
        settings: WorkerSettings,
        on_change: Callable[[EngineStatus], None] = lambda status: None,
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
    ) -> None:
        self.weights, self.roles, self.settings = weights, list(roles), settings
        self.admission = Admission(settings.max_running, settings.max_waiting)
        self.life: Life | None = None
        self._on_change = on_change
        self._log = log or logging.getLogger(__name__)
        self._backoff = Backoff(settings.backoff_seconds)
        self._state: EngineState = "off"
        self._share: float | None = None
        self._failure: Failure | None = None
        self._retry_at = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def _ready(self) -> Ready | None:
        return self.life.ready if self.life else None

    def status(self) -> EngineStatus:
        return EngineStatus(
            weights=self.weights,
            state=self._state,
            roles=self.roles,
            running=self.admission.running,
            waiting=self.admission.waiting,
            share=UNSET if self._share is None else self._share,
            details=self._ready,
            failure=self._failure,
        )

    def admit(self, ticket: Ticket) -> Stream:
        """Takes a place for the request and starts the worker if need be. Raises when refused: 409, 429, 503."""
        if self._state == "failed" and self._failure:
            raise Sc2Error(self._failure.code, self._failure.message, self._failure.hint, status=503)
        if self._state == "restarting":
            seconds = max(1, math.ceil(self._retry_at - asyncio.get_running_loop().time()))
            raise TryLater("engine_restarting", "The engine is restarting.", status=503, retry_after=seconds)
        for older in self.admission.older(ticket):
            self._end(older, "superseded")
        stream = self.admission.admit(ticket)
        self.start()
        if self._state == "loading":
            stream.put(Loading(self._share or 0.0))
        self._changed()
        return stream

    def submit(self, stream: Stream, prompt: Submit) -> None:
        if not stream.ended:
            stream.prompt = msgspec.structs.replace(prompt, request_id=str(stream.number))
            self._pump()

    def cancel(self, request_id: str, finish: Finish = "cancelled") -> bool:
        stream = self.admission.find(request_id)
        if stream is not None:
            self._end(stream, finish)
        return stream is not None

    def start(self) -> None:
        """Starts the worker; does nothing when it runs, restarts or has failed."""
        if self._state == "off":
            self._enter("loading", share=0.0)
            self._task = asyncio.get_running_loop().create_task(self._keep_alive())

    async def stop(self) -> None:
        """Ends the open requests and the worker, which has `stop_seconds` to go by itself."""
        stopped = Sc2Error("engine_stopped", "The engine was stopped.", status=503)
        self._fail_all(stopped)
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self.life = None
        self._fail_all(stopped)
        self._enter("off")

    async def restart(self) -> None:
        """A user's wish: forgets earlier deaths and loads the weights anew."""
        await self.stop()
        self._backoff.forget()
        self.start()

    async def _keep_alive(self) -> None:
        """Runs one worker after the other, until another try is futile."""
        loop = asyncio.get_running_loop()
        while True:
            born = loop.time()
            self.life = Life(self.settings, self._hear)
            error, futile = await self.life.run()
            self.life = None
            delay = None if futile else self._backoff.after_death(loop.time(), loop.time() - born)
            if delay is None and not futile:
                message = f"The engine ended {MAX_DEATHS} times in 5 minutes. {error.message}"
                error = Sc2Error("engine_failed", message, "Restart it when the cause is gone.", status=503)
            self._log.error("StarCoder2 engine (%s): %s: %s", self.weights, error.code, error.message)
            self._retry_at = loop.time() + (delay or 0.0)
            failure = Failure(error.code, error.message, error.hint)
            self._enter("failed" if delay is None else "restarting", failure=failure)
            self._fail_all(error)
            if delay is None:
                return
            await asyncio.sleep(delay)

    def _hear(self, frame: FromWorker) -> None:
        if isinstance(frame, LoadProgress):
            self._share = frame.share
            for stream in self.admission:
                stream.put(Loading(frame.share))
            self._changed()
        elif isinstance(frame, Ready):
            self._enter("ready")
            self._pump()
        elif not isinstance(frame, Hello | Reads):
            stream_of_it = self.admission.find_number(frame.request_id)
            if stream_of_it is not None:  # otherwise it was cancelled a moment ago
                self._pass_on(stream_of_it, frame)

    def _pass_on(self, stream: Stream, frame: Any) -> None:
        if isinstance(frame, Finished | Failed):
            frame = msgspec.structs.replace(frame, request_id=stream.ticket.request_id)
        stream.put(frame)
        if stream.ended:
            self.admission.release(stream)
            self._pump()

    def _pump(self) -> None:
        """Hands as many requests to the worker as it may run, and tells the others their place in line."""
        if self.life is not None and self.life.ready is not None:
            while stream := self.admission.next_to_run():
                assert stream.prompt is not None
                stream.running = True
                self.life.send(stream.prompt)
            self.admission.announce()
        self._changed()

    def _end(self, stream: Stream, finish: Finish) -> None:
        if stream.running and self.life is not None:
            self.life.send(Cancel(str(stream.number)))
        self.admission.close(stream, finish)
        self._pump()

    def _fail_all(self, error: Sc2Error) -> None:
        for stream in self.admission:
            stream.put(Failed(error.code, error.message, error.hint, stream.ticket.request_id))
            self.admission.release(stream)
        self._changed()

    def _enter(self, state: EngineState, share: float | None = None, failure: Failure | None = None) -> None:
        self._state, self._share, self._failure = state, share, failure
        self._changed()

    def _changed(self) -> None:
        self._on_change(self.status())
