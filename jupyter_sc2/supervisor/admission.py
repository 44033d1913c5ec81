"""Who may enter: a bounded number of requests, one for each editor, in order of priority."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Finish, Queued
from jupyter_sc2.supervisor.stream import Stream, Ticket, TryLater

LATE_SECONDS = 60.0  # how long an editor's newest seq is remembered
MAX_EDITORS = 1024


class Admission:
    """The open requests of one engine. At most `max_running` of each priority are with the worker."""

    def __init__(self, max_running: int, max_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.max_running, self.max_waiting = max_running, max_waiting
        self._clock = clock
        self._streams: dict[str, Stream] = {}
        self._numbers = 0
        self._newest: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def __iter__(self) -> Iterator[Stream]:
        return iter(list(self._streams.values()))

    @property
    def running(self) -> int:
        return sum(stream.running for stream in self._streams.values())

    @property
    def waiting(self) -> int:
        return len(self._streams) - self.running

    def find(self, request_id: str) -> Stream | None:
        return self._streams.get(request_id)

    def find_number(self, number: str) -> Stream | None:
        """The open request that the worker knows as `number`."""
        return next((stream for stream in self._streams.values() if str(stream.number) == number), None)

    def older(self, ticket: Ticket) -> list[Stream]:
        """Open requests that `ticket` supersedes."""
        editor = _editor(ticket)
        return [s for s in self if _editor(s.ticket) == editor and s.ticket.seq <= ticket.seq]

    def admit(self, ticket: Ticket) -> Stream:
        """A new stream, already ended when a newer request of its editor came first. Raises `busy` or `conflict`."""
        self._numbers += 1
        stream = Stream(ticket, self._numbers)
        if self._is_late(ticket):
            stream.finish("superseded")
            return stream
        if ticket.request_id in self._streams:
            raise Sc2Error("conflict", "A request of this `request_id` is still open.", status=409)
        if len(self._streams) >= self.max_running + self.max_waiting:
            raise TryLater("busy", f"{self.running} running, {self.waiting} waiting.", status=429, retry_after=1)
        self._remember(ticket)
        self._streams[ticket.request_id] = stream
        return stream

    def close(self, stream: Stream, finish: Finish) -> None:
        """Ends `stream` with `finish` and gives its place away."""
        stream.finish(finish)
        self.release(stream)

    def release(self, stream: Stream) -> None:
        """Gives the place of an ended stream away and tells the others where they now stand."""
        if self._streams.get(stream.ticket.request_id) is stream:
            del self._streams[stream.ticket.request_id]
        stream.running = False

    def next_to_run(self) -> Stream | None:
        """The request to hand to the worker now, if there is room for one.

        Running requests of lower priority do not count: the worker sets them aside.
        """
        head = next(iter(self._line()), None)
        if head is None:
            return None
        ahead = sum(stream.running and _priority(stream) <= _priority(head) for stream in self._streams.values())
        return head if ahead < self.max_running else None

    def announce(self) -> None:
        """Tells those in line their position, 1 being the next."""
        for position, stream in enumerate(self._line(), start=1):
            if stream.position != position:
                stream.position = position
                stream.put(Queued(position))

    def _line(self) -> list[Stream]:
        ready = [s for s in self._streams.values() if s.prompt is not None and not s.running]
        return sorted(ready, key=lambda s: (_priority(s), s.number))

    def _is_late(self, ticket: Ticket) -> bool:
        seq, when = self._newest.get(_editor(ticket), (-1, 0.0))
        return ticket.seq < seq and self._clock() - when < LATE_SECONDS

    def _remember(self, ticket: Ticket) -> None:
        editor = _editor(ticket)
        self._newest[editor] = ticket.seq, self._clock()
        self._newest.move_to_end(editor)
        if len(self._newest) > MAX_EDITORS:
            self._newest.popitem(last=False)


def _priority(stream: Stream) -> int:
    return stream.prompt.priority if stream.prompt else 0


def _editor(ticket: Ticket) -> tuple[str, str]:
    return ticket.client_id, ticket.editor_id
