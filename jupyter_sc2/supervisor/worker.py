"""The worker's process and its two pipes, as the supervisor sees them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Sequence

from jupyter_sc2.engine.frames import Decoder, encode
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import FromWorker, Stop, ToWorker

READ_BYTES = 1 << 16
TAIL_BYTES = 4096  # of what it prints, kept to explain its death
STOP_SECONDS = 5.0


class Worker:
    """A child process that speaks frames. It dies of itself when its parent's end of the pipe closes."""

    def __init__(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader,
                 pipes: tuple[asyncio.ReadTransport, asyncio.WriteTransport]) -> None:  # fmt: skip
        self.process = process
        self._reader, (self._read_pipe, self._write_pipe) = reader, pipes
        self._decoder = Decoder()
        self._tail = b""
        self._printing = asyncio.create_task(self._keep_tail())

    def send(self, frame: ToWorker) -> None:
        """Queues `frame`; lost when the worker is gone, which `receive` tells."""
        if not self._write_pipe.is_closing():
            self._write_pipe.write(encode(frame))

    async def receive(self) -> list[FromWorker]:
        """The next frames, at least one; an empty list when the worker has closed its pipe. Raises on garbage."""
        while data := await self._reader.read(READ_BYTES):
            if frames := self._decoder.feed(data):
                return list(frames)
        return []

    def processor_seconds(self) -> float:
        """What it has used so far, all threads together; 0 when it is gone."""
        import psutil  # a server starts without it

        try:
            used = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(used.user + used.system)

    def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()

    async def close(self, patience: float = STOP_SECONDS) -> None:
        """Asks the worker to stop, waits `patience` seconds, then kills it. Returns when it is gone."""
        self.send(Stop())
        self._write_pipe.close()
        gone = asyncio.ensure_future(self.process.wait())
        await asyncio.wait([gone], timeout=patience)  # not wait_for: before Python 3.12 that may lose a cancellation
        self.kill()
        await gone
        self._read_pipe.close()
        await asyncio.wait([self._printing], timeout=1)  # a grandchild may hold the pipe open
        self._printing.cancel()

    @property
    def missing_module(self) -> str | None:
        """The package whose absence ended the worker, if that is what it printed last."""
        found = re.search(rb"ModuleNotFoundError: No module named '([\w.]+)'", self._tail)
        return found[1].decode() if found else None

    def last_words(self) -> str:
        """How it ended, in one line: the signal or exit status, and the last line that it printed."""
        code = self.process.returncode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
            return f"it was ended by signal {name}" + (" (often: no memory left)" if code == -9 else "")
        lines = self._tail.decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        words = "".join(c for c in last[:300] if c.isprintable())
        return f"it exited with status {code}" + (f": {words}" if words else "")

    async def _keep_tail(self) -> None:
        """What the worker prints is read so that it never blocks; only the end of it is kept."""
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(READ_BYTES):
            self._tail = (self._tail + data)[-TAIL_BYTES:]


async def spawn(command: Sequence[str], niceness: int) -> Worker:
    """Starts `command` with its ends of two new pipes. Raises Sc2Error when it cannot be started."""
    loop = asyncio.get_running_loop()
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    reader = asyncio.StreamReader(limit=1 << 20)
    protocol = asyncio.StreamReaderProtocol(reader)
    read_pipe, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(our_read, "rb", 0))
    write_pipe, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(our_write, "wb", 0))
    ends = ["--read-fd", str(their_read), "--write-fd", str(their_write)]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, *ends, "--nice", str(niceness),
            pass_fds=(their_read, their_write),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONSAFEPATH": "1"},  # a torch.py in the user's folder is not torch;
            cwd=os.sep,  # nor in Python 3.10, which does not know the variable
            start_new_session=True,  # Ctrl-C in the server's terminal asks the server, not the worker
        )  # fmt: skip
    except BaseException as error:
        read_pipe.close()
        write_pipe.close()
        if not isinstance(error, OSError):
            raise
        reason = f"The worker's interpreter {command[0]} cannot be started: {error.strerror}."
        raise Sc2Error("no_interpreter", reason, "Check the setting Sc2App.interpreter.", status=503) from None
    finally:
        os.close(their_read)
        os.close(their_write)
    return Worker(process, reader, (read_pipe, write_pipe))
