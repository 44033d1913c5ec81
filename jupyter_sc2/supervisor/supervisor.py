"""Keeps one worker alive, admits requests and passes them on."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
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
    Reads,
    Ready,
    Role,
    Submit,
)
from jupyter_sc2.supervisor.admission import Admission
from jupyter_sc2.supervisor.backoff import MAX_DEATHS, Backoff
from jupyter_sc2.supervisor.life import Life
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.stream import Stream, Ticket, TryLater

ASK_AGAIN_SECONDS = 3.0  # between two looks whether what stood against a start is gone


class Supervisor:
    """The local engine of one `weights`. Its methods belong to the event loop's thread.

    Every admitted stream ends exactly once, whatever becomes of the worker. Cancelling a request never cancels a load.
    `prepare` is awaited before each worker is started. It says how to run it, or raises Sc2Error why not to; that is
    not for ever: later requests ask again. `name` tells engines of the same weights apart.
    """

    def __init__(
        self,
        weights: str,
        roles: Sequence[Role],
        settings: WorkerSettings,
        on_change: Callable[[EngineStatus], None] = lambda status: None,
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
        prepare: Callable[[], Awaitable[WorkerSettings]] | None = None,
        name: str = "",
        adapter: str = "",
    ) -> None:
        self.weights, self.roles, self.settings = weights, list(roles), settings
        self.name, self.adapter = name, adapter
        self.last_used = time.monotonic()
        self.admission = Admission(settings.max_running, settings.max_waiting)
        self.life: Life | None = None
        self._on_change = on_change
        self._log = log or logging.getLogger(__name__)
        self._backoff = Backoff(settings.backoff_seconds)
        self._state: EngineState = "off"
        self._share: float | None = None
        self._error: Sc2Error | None = None
        self.prepare = prepare
        self._refused = self._stopping = self._retired = False
        self._retry_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()  # keep former workers company to their ends

    @property
    def _ready(self) -> Ready | None:
        return self.life.ready if self.life else None

    @property
    def is_free(self) -> bool:
        """Whether no request is open."""
        return not self.admission.running + self.admission.waiting

    @property
    def in_memory(self) -> bool:
        """Whether there is a worker, or still the last one's end."""
        return self.life is not None or bool(self._ending)

    def status(self) -> EngineStatus:
        error = self._error
        return EngineStatus(
            weights=self.weights,
            state=self._state,
            roles=self.roles,
            running=self.admission.running,
            waiting=self.admission.waiting,
            share=UNSET if self._share is None else self._share,
            details=self._ready,
            failure=None if error is None else Failure(error.code, error.message, error.hint),
            name=self.name,
            adapter=self.adapter,
        )

    def serve(self, roles: Sequence[Role]) -> None:
        """From now on it answers for `roles`, which the status says."""
        if self.roles != list(roles):
            self.roles = list(roles)
            self._changed()

    def admit(self, ticket: Ticket) -> Stream:
        """Takes a place for the request and starts the worker if need be. Raises when refused: 409, 429, 503."""
        now = asyncio.get_running_loop().time()
        if self._stopping or self._retired:
            raise TryLater("engine_stopped", "The engine is being stopped.", status=503, retry_after=1)
        if self._state == "failed" and self._error:
            if not self._refused or now < self._retry_at:
                raise Sc2Error(self._error.code, self._error.message, self._error.hint, self._error.status)
            self._enter("off")
        if self._state == "restarting":
            seconds = max(1, math.ceil(self._retry_at - now))
            raise TryLater("engine_restarting", "The engine is restarting.", status=503, retry_after=seconds)
        for older in self.admission.older(ticket):
            self._end(older, "superseded")
        stream = self.admission.admit(ticket)
        self.last_used = time.monotonic()
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
        if self._state == "off" and not self._retired:
            self._enter("loading", share=0.0)
            self._task = asyncio.get_running_loop().create_task(self._keep_alive())

    async def unload(self) -> None:
        """Frees the memory. Open requests end; one that comes now waits for the worker's end, then loads again."""
        self._fail_all(Sc2Error("engine_stopped", "The engine was stopped.", status=503))
        ending = self._let_go()
        if ending:
            await asyncio.wait(ending)

    async def stop(self) -> None:
        """As `unload`, but refuses requests meanwhile."""
        self._stopping = True
        try:
            await self.unload()
        finally:
            self._stopping = False

    async def retire(self) -> None:
        """The end, without a return."""
        self._retired = True
        await self.unload()

    async def restart(self) -> None:
        """A user's wish: forgets earlier deaths and loads the weights anew."""
        await self.stop()
        self._backoff.forget()
        self.start()

    def forget_failure(self) -> None:
        """What stood against a start may be gone: the next request tries again."""
        if self._state == "failed":
            self._backoff.forget()
            self._enter("off")

    def _let_go(self) -> set[asyncio.Task[None]]:
        """Parts with the worker, which has `stop_seconds` to go by itself; returns what waits for its end."""
        task, self._task, self.life = self._task, None, None
        if task is not None and not task.done():
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.cancel()
        self._enter("off")
        return set(self._ending)

    async def _keep_alive(self) -> None:
        """Runs one worker after the other, until another try is futile."""
        loop = asyncio.get_running_loop()
        if former := set(self._ending):
            await asyncio.wait(former)
        while True:
            born = loop.time()
            error, futile = await self._refusal(), True
            self._refused = error is not None
            if error is None:
                self.life = Life(self.settings, self._hear)
                error, futile = await self.life.run()
                self.life = None
            delay = None if futile else self._backoff.after_death(loop.time(), loop.time() - born)
            if delay is None and not futile:
                message = f"The engine ended {MAX_DEATHS} times in 5 minutes. {error.message}"
                error = Sc2Error("engine_failed", message, "Restart it when the cause is gone.", status=503)
            self._log.error("StarCoder2 engine (%s): %s: %s", self.weights, error.code, error.message)
            self._retry_at = loop.time() + (ASK_AGAIN_SECONDS if delay is None else delay)
            self._enter("failed" if delay is None else "restarting", error=error)
            self._fail_all(error)
            if delay is None:
                return
            await asyncio.sleep(delay)

    async def _refusal(self) -> Sc2Error | None:
        """Why no worker may be started, if so; else `settings` are as they shall be."""
        if self.prepare is None:
            return None
        try:
            self.settings = await self.prepare()
        except Sc2Error as error:
            return error
        except Exception as error:
            self._log.exception("StarCoder2 engine (%s): not started", self.weights)
            reason = f"The engine could not be prepared ({type(error).__name__})."
            return Sc2Error("engine_failed", reason, "The server's log says where.", status=503)
        return None

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
        self.last_used = time.monotonic()
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

    def _enter(self, state: EngineState, share: float | None = None, error: Sc2Error | None = None) -> None:
        self._state, self._share, self._error = state, share, error
        self._changed()

    def _changed(self) -> None:
        self._on_change(self.status())
