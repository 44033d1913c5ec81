"""Supervisors whose workers follow a script instead of running a model."""

import json
import sys
from pathlib import Path

import psutil
from wire import until

from jupyter_sc2.messages import Failed, Finished, Submit
from jupyter_sc2.supervisor import Supervisor, Ticket, WorkerSettings

REAL_WORKER = (sys.executable, "-m", "jupyter_sc2.engine.worker")
FAKE_WORKER = Path(__file__).parent / "fake_worker.py"


def prompt(ids=(1, 2, 3), max_new_tokens=100_000, priority=0):
    return Submit("", list(ids), max_new_tokens, 0.0, 1.0, 0, [0], priority, "cache")


def pid_of(supervisor):
    return supervisor.life.pid


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def rest(stream, seconds=10):
    """All events of a stream up to its last one."""
    events = []
    while not events or not isinstance(events[-1], Finished | Failed):
        event = await stream.next(seconds)
        assert event is not None, f"silence after {events}"
        events.append(event)
    return events


class Harness:
    """Supervisors of scripted workers, all of them stopped at the end of the test."""

    def __init__(self):
        self.supervisors = []
        self.states = []
        self._names = 0

    def make(self, script=None, command=None, **changes):
        settings = WorkerSettings(
            command=command or (sys.executable, str(FAKE_WORKER), json.dumps(script or {})),
            **{"folder": "weights", "backoff_seconds": (0.05, 0.1, 0.2), "stop_seconds": 2.0, **changes},
        )
        supervisor = Supervisor("tiny", ["ghost"], settings, lambda status: self.states.append(status.state))
        self.supervisors.append(supervisor)
        return supervisor

    def ticket(self, seq=1, editor=None, **changes):
        self._names += 1
        fields = {"request_id": f"r{self._names}", "client_id": "page", "editor_id": editor or f"e{self._names}"}
        return Ticket(**{**fields, "seq": seq, "role": "ghost", **changes})

    def ask(self, supervisor, seq=1, editor=None, priority=0, **changes):
        stream = supervisor.admit(self.ticket(seq, editor, **changes))
        supervisor.submit(stream, prompt(priority=priority))
        return stream

    async def ready(self, supervisor):
        supervisor.start()
        await self.state(supervisor, "ready")

    async def state(self, supervisor, name):
        await until(lambda: supervisor.status().state == name, seconds=15)
