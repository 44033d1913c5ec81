"""One admitted request as a stream of events, and the interface that every engine has."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import (
    EngineStatus,
    Failed,
    Finish,
    Finished,
    Loading,
    PrefillProgress,
    Queued,
    Role,
    Submit,
    Tokens,
    Usage,
)

EngineEvent = Queued | Loading | PrefillProgress | Tokens | Finished | Failed


class TryLater(Sc2Error):
    """The engine cannot take the request now; `retry_after` is in whole seconds."""

    def __init__(self, code: str, message: str, status: int, retry_after: int, hint: str = "") -> None:
        super().__init__(code, message, hint, status)
        self.retry_after = retry_after


class Ticket(Struct, frozen=True):
    """Who asks. Within one (client_id, editor_id) a newer `seq` supersedes an older one."""

    request_id: str
    client_id: str
    editor_id: str
    seq: int
    role: Role


class Stream:
    """Events of one request in order; the last one is `Finished` or `Failed`, exactly once.

    Unread events of one kind are merged, so that a slow reader holds a few of them at most. Several candidates
    arrive in turns: `Tokens.candidate` says whose ids they are, and one `Finished` ends them all.
    """

    def __init__(self, ticket: Ticket, number: int) -> None:
        self.ticket = ticket
        self.number = number  # unique within its engine, and the request's name on the worker's pipe
        self.prompt: Submit | None = None
        self.position = 0  # in line, 1 being the next; 0 before it was told
        self.running = False
        self.ended = False
        self._events: deque[EngineEvent] = deque()
        self._arrived = asyncio.Event()
        self._new_ids = self._recomputed_ids = 0

    @property
    def usage(self) -> Usage:
        """Counts so far, as seen from here."""
        prompt_ids = len(self.prompt.ids) if self.prompt else 0
        return Usage(prompt_ids=prompt_ids, recomputed_ids=self._recomputed_ids, new_ids=self._new_ids)

    def put(self, event: EngineEvent) -> None:
        """Adds `event`; does nothing once the stream has ended."""
        if self.ended:
            return
        if isinstance(event, Tokens):
            self._new_ids += len(event.ids)
            self._recomputed_ids = event.recomputed_ids
        self.ended = isinstance(event, Finished | Failed)
        last = self._events[-1] if self._events else None
        if isinstance(event, Tokens) and isinstance(last, Tokens):
            joined = last.joined(event)
            if joined is not None:
                self._events.pop()
                event = joined
        elif type(last) is type(event):
            self._events.pop()
        self._events.append(event)
        self._arrived.set()

    def finish(self, finish: Finish) -> None:
        """Ends the stream from here rather than from the worker."""
        self.put(Finished(self.ticket.request_id, finish, self.usage))

    async def next(self, patience: float | None = None) -> EngineEvent | None:
        """The next event, or None after `patience` seconds of silence. Not to be called after the last event."""
        if not self._events:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), patience)
            except asyncio.TimeoutError:
                return None
        return self._events.popleft()


class Engine(Protocol):
    """What answers requests: the supervisor of a worker, or a test's fake."""

    def admit(self, ticket: Ticket) -> Stream:
        """Takes a place for the request, before its prompt is built. Raises Sc2Error or TryLater when refused."""

    def submit(self, stream: Stream, prompt: Submit) -> None:
        """Gives the prompt of an admitted request. Its `request_id` is replaced; an ended stream is ignored."""

    def cancel(self, request_id: str, finish: Finish = "cancelled") -> bool:
        """Ends an open request at once with `finish`. False when there is none of that name."""

    def status(self) -> EngineStatus: ...

    async def restart(self) -> None:
        """Loads the weights anew; open requests end."""
