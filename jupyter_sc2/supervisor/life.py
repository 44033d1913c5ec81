"""The life of one worker: greeting, loading, answering, and why it ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec.structs import replace

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import PROTOCOL, Failed, Finished, FromWorker, Hello, Reads, Ready, Submit, ToWorker
from jupyter_sc2.supervisor.settings import WorkerSettings
from jupyter_sc2.supervisor.worker import Worker, spawn

PROMPTLY = 0.5  # seconds for a worker to exit that has closed its pipe or cannot load
IDLE = 0.005  # of a processor: what uses less does nothing
STARVED = 10  # times the silence that is allowed: the end, however little of the processors there is


class Life:
    """`run` once. `hear` gets every frame but greetings and failed loads."""

    def __init__(self, settings: WorkerSettings, hear: Callable[[FromWorker], None]) -> None:
        self.settings, self._hear = settings, hear
        self.ready: Ready | None = None
        self._owed: set[str] = set()  # requests that the worker has not ended yet, cancelled ones among them
        self._worker: Worker | None = None
        self._greeted = False
        self._silence = 0.0
        self._cause = ""  # why the worker ends, when that is known before its end

    @property
    def pid(self) -> int | None:
        return self._worker.process.pid if self._worker else None

    def send(self, frame: ToWorker) -> None:
        """Sends a frame to a worker that is ready."""
        if self._worker is not None:
            if isinstance(frame, Submit):
                self._owed.add(frame.request_id)
            self._worker.send(frame)

    async def run(self) -> tuple[Sc2Error, bool]:
        """Returns why the worker ended, and whether another one would fare the same. Cancelling stops the worker."""
        try:
            self._worker = worker = await spawn(self.settings.command, self.settings.niceness)
        except Sc2Error as error:
            return error, True
        watchdog = asyncio.create_task(self._watch(worker))
        refusal: Sc2Error | None = None
        patience = self.settings.stop_seconds
        try:
            await self._listen(worker)
            patience = PROMPTLY
        except Sc2Error as error:
            refusal, patience = error, PROMPTLY
        except Exception as error:  # the pipe held something that is no frame
            self._cause = f"it sent something unreadable ({type(error).__name__})"
            worker.kill()
        finally:
            watchdog.cancel()
            await to_its_end(worker.close(patience))
        if refusal is not None:
            return refusal, True
        if self.ready is None and not self._cause and worker.process.returncode == -signal.SIGKILL:
            reason = "The engine's worker was ended by the system (SIGKILL) while it loaded the weights."
            hint = "Most likely there was not enough memory: close other programs or choose smaller weights."
            return Sc2Error("no_memory", reason, hint, status=503), True
        if self._cause and not self._greeted:
            reason = f"The worker's interpreter {self.settings.command[0]} does not answer: {self._cause}."
            return Sc2Error("worker_unusable", reason, "Check the setting Sc2App.interpreter.", status=503), True
        if self.ready or self._cause or (worker.process.returncode or 0) < 0:
            reason = f"The engine's worker ended: {self._cause or worker.last_words()}."
            return Sc2Error("engine_died", reason, "It restarts by itself; try again.", status=503), False
        return _why_it_never_loaded(worker), True

    async def _listen(self, worker: Worker) -> None:
        """Hears frames until the worker closes its pipe. Raises Sc2Error when it is not for us or cannot load."""
        while frames := await worker.receive():
            self._silence = 0.0
            for frame in frames:
                if not self._greeted:
                    self._greet(worker, frame)
                elif isinstance(frame, Failed) and not frame.request_id:
                    if self.ready is None:
                        raise Sc2Error(frame.code, frame.message, frame.hint, status=503)
                    self._cause = frame.message
                else:
                    if isinstance(frame, Ready):
                        self.ready = frame
                    elif isinstance(frame, Reads):
                        self.ready = self.ready and replace(self.ready, prefill_per_second=frame.per_second)
                        continue
                    elif isinstance(frame, Finished | Failed):
                        self._owed.discard(frame.request_id)
                    self._hear(frame)

    def _greet(self, worker: Worker, frame: FromWorker) -> None:
        if not isinstance(frame, Hello) or frame.protocol != PROTOCOL:
            hint = "Install the same version of jupyter-sc2 for the worker's interpreter."
            raise Sc2Error("wrong_protocol", "The worker is of another version of jupyter-sc2.", hint, status=503)
        self._greeted = True
        worker.send(self.settings.load())

    async def _watch(self, worker: Worker) -> None:
        """Kills a worker that owes an answer and is silent. It counts its own ticks rather than the clock, so that
        frames which wait in the pipe while the server itself is suspended are read first; and of a tick in which other
        programs left the worker little of the processors, only as much as it had."""
        settings = self.settings
        tick = min(settings.greet_seconds, settings.load_silence_seconds, settings.silence_seconds) / 10
        silent = 0.0  # seconds by the clock
        while True:
            before = worker.processor_seconds()
            await asyncio.sleep(tick)
            owes = self.ready is None or bool(self._owed)
            silent = silent + tick if owes and self._silence else 0.0
            self._silence = self._silence + counted(tick, worker.processor_seconds() - before) if owes else 0.0
            waits = settings.load_silence_seconds if self._greeted else settings.greet_seconds
            allowed = settings.silence_seconds if self.ready else waits
            if self._silence >= allowed or silent >= STARVED * allowed:
                self._cause = f"it gave no sign of life for {max(silent, allowed):.0f} seconds"
                worker.kill()
                return


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Waits for `work` also when it is cancelled meanwhile, and passes that on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def counted(tick: float, used: float) -> float:
    """What of `tick` seconds counts as silence of a worker that used `used` seconds of processor time in them.

    All of it when it computes, and when it does nothing at all: then it hangs. In between it waits for a processor.
    """
    return tick if used < IDLE * tick else min(tick, 2 * used)


def _why_it_never_loaded(worker: Worker) -> Sc2Error:
    """The error for a worker that exited by itself before its weights were loaded."""
    if worker.missing_module is None:
        reason = f"The engine's worker could not start: {worker.last_words()}."
        return Sc2Error("worker_unusable", reason, "Check the setting Sc2App.interpreter.", status=503)
    package = worker.missing_module.partition(".")[0]
    code = "no_torch" if package == "torch" else "worker_unusable"
    hint = "Install it there, or set Sc2App.interpreter to a Python that has it."
    return Sc2Error(code, f"The worker's Python lacks the package {package}.", hint, status=503)
