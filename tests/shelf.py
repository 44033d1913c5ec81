"""Weights for a fleet, real or scripted, whose needs of memory a test decides."""

import asyncio
import json
import sys

from msgspec.structs import replace
from supervised import FAKE_WORKER
from wire import until

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import ChooseWeights, Finished, Submit, Tokens
from jupyter_sc2.supervisor import Appraisal, Fleet, Ticket, Watcher, WorkerSettings

LOWER = {"float32": "bfloat16", "bfloat16": "int8", "int8": "int4", "int4": None, "auto": None}
ROLES = ("ghost", "magic", "chat")


def choose(weights, **changes):
    return ChooseWeights(weights, **changes)


class Shelf:
    """`scripts` are those of workers without a model, by (weights, precision) or by weights; `needs`, in bytes, too.

    Weights with a `folder` run the real worker. `refused` are codes with which weights may not be loaded.
    """

    def __init__(self, scripts=None, needs=None, folders=None, free=1 << 40):
        self.scripts, self.needs, self.folders = scripts or {}, needs or {}, folders or {}
        self.free, self.refused, self.keeps = free, {}, set()
        self.commands = {}  # of real workers
        self.caches = []
        self.appraised = 0  # times

    def _of(self, table, choice, default):
        return table.get((choice.weights, choice.precision), table.get(choice.weights, default))

    def appraise(self, choice):
        self.appraised += 1
        if choice.weights in self.refused:
            raise Sc2Error(self.refused[choice.weights], "These weights may not be used.", status=403)
        return Appraisal(self._of(self.needs, choice, 1000), 100 * choice.context, LOWER[choice.precision])

    def settings(self, choice, cache_bytes):
        self.appraise(choice)
        self.caches.append((choice.weights, cache_bytes))
        if folder := self.folders.get(choice.weights):
            command = self.commands.get(choice.weights, (sys.executable, "-m", "jupyter_sc2.engine.worker"))
            return replace(
                TEMPLATE, command=command, folder=str(folder), precision=choice.precision, device="cpu",
                cache_bytes=16 << 20,
            )  # fmt: skip
        script = json.dumps(self._of(self.scripts, choice, {}))
        return replace(TEMPLATE, command=(sys.executable, str(FAKE_WORKER), script), folder=choice.weights)

    def free_bytes(self, device):
        return self.free

    def name_of(self, weights):
        return weights

    def stays_loaded(self, weights):
        return weights in self.keeps


TEMPLATE = WorkerSettings(command=(), folder="", backoff_seconds=(0.05, 0.1, 0.2), stop_seconds=1.0, niceness=0)


class Notes(Watcher):
    """What the fleet tells."""

    def __init__(self):
        self.engines, self.switched, self.kept, self.told = [], [], [], []

    def role(self, role, choice, engine):
        self.switched.append((role, choice.weights, engine.name))

    def chosen(self, role, choice):
        self.kept.append((role, choice.weights, choice.precision))

    def roles(self, choices):
        self.told.append(choices)


class Fleets:
    """Fleets of a test, and requests to them; all of them end with it."""

    def __init__(self):
        self.made, self._names = [], 0

    def make(self, shelf, first="small", roles=ROLES, **options):
        choices = first if isinstance(first, dict) else {role: choose(first) for role in roles}
        notes = Notes()
        fleet = Fleet(choices, shelf, TEMPLATE, notes.engines.append, **options)
        fleet.watch(notes)
        fleet.notes = notes
        self.made.append(fleet)
        return fleet

    def ask(self, fleet, role="ghost", new=5, ids=(40, 41, 42)):
        """An open request to what answers for `role` now."""
        self._names += 1
        name = f"r{self._names}"
        engine = fleet.of(role)[1]
        stream = engine.admit(Ticket(name, "page", name, 1, role))
        engine.submit(stream, Submit("", list(ids), new, 0.0, 1.0, 0, [], 0, name))
        return stream

    async def answer(self, fleet, role="ghost", **options):
        return await end_of(self.ask(fleet, role, **options))


async def end_of(stream, seconds=20):
    """The last event of a stream, and how many ids came before it."""
    count = 0
    while True:
        event = await stream.next(seconds)
        assert event is not None, "silence"
        count += len(event.ids) if isinstance(event, Tokens) else 0
        if stream.ended and not stream._events:
            return event, count


async def answers(fleet, role, weights, seconds=20):
    """Waits until `role` is answered by `weights`, ready."""

    def there():
        choice, engine = fleet.of(role)
        return choice.weights == weights and engine.status().state == "ready"

    await until(there, seconds)


def choice_of(fleet, role="ghost"):
    return next(choice for choice in fleet.choices() if choice.role == role)


def loaded(fleet):
    """Names of the weights that have a worker."""
    return sorted(supervisor.weights for supervisor in fleet.supervisors if supervisor.in_memory)


def states(fleet):
    return {supervisor.weights: supervisor.status().state for supervisor in fleet.supervisors}


async def settled(fleet):
    """Waits until no engine is on its way in or out."""
    await until(lambda: not any(s.status().state == "loading" or not s.roles for s in fleet.supervisors), 20)
    await asyncio.sleep(0)


__all__ = ["Finished", "Fleets", "Shelf", "answers", "choice_of", "choose", "end_of", "loaded", "settled", "states"]
