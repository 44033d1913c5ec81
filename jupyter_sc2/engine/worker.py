"""The child process: `python -m jupyter_sc2.engine.worker --read-fd R --write-fd W`.

It greets, waits for Load, then answers Submit and Cancel until Stop or the end of its pipe, which means that the
parent died. A thread reads, so that both are noticed while a long forward pass runs. torch is imported on Load.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn

from jupyter_sc2.engine import frames
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import PROTOCOL, Cancel, Failed, FromWorker, Hello, Load, LoadProgress, Ready, Stop, Submit

if TYPE_CHECKING:
    from jupyter_sc2.engine.engine import Engine

# How long a thread waits awake for the next piece of work: some 0.1 ms. Not at all, and waking up costs a third of the
# time of each id; for ever, and where the user's own computation fills every core a prefill of 1,000 ids takes 3.4 s
# instead of 0.13. Read by the OpenMP libraries when torch loads them.
THREADS = {"GOMP_SPINCOUNT": "20000", "KMP_BLOCKTIME": "1"}
OOM_SCORE = 500  # from -1000, never, to 1000, before all others; see proc_pid_oom_score_adj(5)


# A session's weight is spread over the processors that it uses: a cell's over all, ours over half. Three degrees
# of niceness halve a weight, so that on each processor the two weigh as they would within one session.
HALF, MOST_NICE = 3, 19


class Worker:
    """Obeys frames from `read_fd` and answers on `write_fd`."""

    def __init__(self, read_fd: int, write_fd: int, niceness: int = 0) -> None:
        self.read_fd, self.write_fd, self.niceness = read_fd, write_fd, niceness
        for descriptor in (read_fd, write_fd):  # no process of ours may hold the pipe open after us
            os.set_inheritable(descriptor, False)
        self.inbox: SimpleQueue[Load | Submit | Cancel] = SimpleQueue()
        self.engine: Engine | None = None

    def run(self) -> NoReturn:
        self.send(Hello(PROTOCOL, os.getpid()))
        threading.Thread(target=self.listen, daemon=True).start()
        while True:
            while not self.inbox.empty() or self.engine is None or self.engine.idle:
                self.obey(self.inbox.get())
            self.send(*self.engine.step())

    def listen(self) -> None:
        """Runs in the reading thread and ends the process, whatever the other thread is doing."""
        try:
            for frame in frames.read(self.read_fd):
                if isinstance(frame, Stop):
                    break
                if not isinstance(frame, Load | Submit | Cancel):
                    raise frames.FrameError(f"A {type(frame).__name__} is not for a worker.")
                self.inbox.put(frame)
        except frames.FrameError as error:
            leave(2, str(error))
        os._exit(0)

    def send(self, *messages: FromWorker) -> None:
        for message in messages:
            frames.write(self.write_fd, message)

    def obey(self, frame: Load | Submit | Cancel) -> None:
        if isinstance(frame, Load):
            self.load(frame)
        elif self.engine is None:
            self.send(Failed("no_weights", "No weights are loaded.", request_id=frame.request_id))
        elif isinstance(frame, Submit):
            self.send(*self.submit(self.engine, frame))
        else:
            self.send(*self.engine.cancel(frame.request_id))

    def submit(self, engine: Engine, frame: Submit) -> list[FromWorker]:
        """Hands a request to the engine. What goes wrong with it there is its own failure and nobody else's."""
        try:
            return engine.submit(frame)
        except Exception as error:
            from jupyter_sc2.engine.trouble import explain  # loads torch, as the engine did

            answer = explain(error)
            return [Failed(answer.code, answer.message, answer.hint, frame.request_id)]

    def tell_share(self, share: float) -> None:
        self.send(LoadProgress(share))

    def load(self, frame: Load) -> None:
        """Loads the weights, or tells why not. A missing torch is not caught: the parent reads it in the last line."""
        if self.engine is not None:
            leave(2, "A second Load is not for a worker.")
        os.environ.update({name: os.environ.get(name, value) for name, value in THREADS.items()})
        import torch

        from jupyter_sc2.engine import engine, reading_pace, trouble, weights

        yield_to_others(self.niceness)  # after the imports: some seconds of one processor, for which somebody waits
        threads = max(1, frame.threads)
        torch.set_num_threads(threads)
        try:
            converted, adapter = (Path(each) if each else None for each in (frame.converted, frame.adapter))
            place = frame.precision, frame.device
            loaded = weights.load(Path(frame.folder), *place, self.tell_share, converted, adapter)
            pace = reading_pace.measure(loaded, threads)
            self.engine = engine.Engine(loaded, frame.cache_bytes, threads, frame.libraries, reads_per_second=pace)
        except (BrokenPipeError, ImportError):
            raise
        except Exception as error:
            answer = no_memory(frame) if trouble.is_out_of_memory(error) else trouble.explain(error, "the weights")
            self.send(Failed(answer.code, answer.message, answer.hint))
            return
        versions = {"torch": str(torch.__version__), "python": platform.python_version()}
        device, limits = str(loaded.device), (self.engine.max_positions, loaded.nbytes)
        self.send(Ready(loaded.sha256, loaded.precision, device, *limits, versions, pace, loaded.adapter_sha256))


def no_memory(frame: Load) -> Sc2Error:
    message = f"There is not enough memory for the weights in {frame.folder}."
    return Sc2Error("no_memory", message, "Close other programs or choose smaller weights.")


def leave(status: int, reason: str) -> NoReturn:
    """Ends the process at once, from any thread. `reason` is its last line."""
    print(f"jupyter-sc2 worker: {reason}", file=sys.stderr, flush=True)
    os._exit(status)


def yield_to_others(niceness: int) -> None:
    """Also where Linux shares out processors by session first (sched_autogroup): there a process's own niceness weighs
    only within its session, and the worker has one of its own."""
    if niceness <= 0:
        return
    os.nice(niceness)
    if os.getsid(0) == os.getpid():  # otherwise whoever started us would yield too
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(min(MOST_NICE, niceness + HALF)))


def end_first() -> None:
    """When memory runs out, Linux ends this process rather than a kernel or the server: it can be loaded again."""
    with contextlib.suppress(OSError, ValueError):
        path = Path("/proc/self/oom_score_adj")
        path.write_text(str(max(OOM_SCORE, int(path.read_text()))))


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.engine.worker", description=__doc__)
    parser.add_argument("--read-fd", type=int, required=True, help="descriptor on which frames arrive")
    parser.add_argument("--write-fd", type=int, required=True, help="descriptor for the answers")
    parser.add_argument("--nice", type=int, default=0, help="added to the process's niceness")
    args = parser.parse_args()
    end_first()
    try:
        Worker(args.read_fd, args.write_fd, args.nice).run()
    except BrokenPipeError:
        os._exit(0)  # the parent died while we were talking
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
