"""One download as the server sees it: a child process, its latest word, and how it ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from jupyter_sc2.downloads.explain import GO_ON
from jupyter_sc2.downloads.settings import Settings, Task
from jupyter_sc2.downloads.spaced import Spaced
from jupyter_sc2.messages import Download, Failure

STOP_SECONDS = 3.0
ENDED = ("done", "failed", "paused")


class Job:
    """`start` and `stop` it once. `latest` is what it said last."""

    def __init__(self, weights: str, branch: str, cache: Path, settings: Settings,
                 on_change: Callable[[Download], None], known: Download | None) -> None:  # fmt: skip
        self._task = Task(weights, branch, str(cache), settings)
        self._spaced = Spaced(on_change)
        done, total = (known.done, known.total) if known else (0, 0)
        self.latest = Download(weights, "starting", done, total)
        self._work: asyncio.Task[None] | None = None

    @property
    def is_active(self) -> bool:
        return self._work is not None and not self._work.done()

    def start(self, slots: asyncio.Semaphore, waits: bool) -> None:
        self._say(replace(self.latest, note="Waits for another download." if waits else ""))
        self._work = asyncio.create_task(self._run(slots))

    async def stop(self) -> None:
        """Returns when the process is gone. Without effect on one that has ended."""
        if self._work is None or self._work.done():
            return
        self._work.cancel()
        with suppress(asyncio.CancelledError):
            await self._work
        if self.latest.state not in ENDED:
            self._say(replace(self.latest, state="paused", rate=0.0, seconds_left=None, note=""))

    async def _run(self, slots: asyncio.Semaphore) -> None:
        async with slots:
            self._say(replace(self.latest, note=""))
            try:
                process = await self._spawn()
            except OSError as error:
                reason = f"The download's process cannot be started: {error.strerror}."
                self._fail("download_failed", reason)
                return
            try:
                await self._listen(process)
            finally:
                await _end(process)
            if self.latest.state not in ENDED:
                self._fail("download_died", f"The download's process ended: {_how(process.returncode)}.")

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "jupyter_sc2.downloads.child", msgspec.json.encode(self._task).decode(),
            stdin=asyncio.subprocess.PIPE,  # its end ends the child
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONSAFEPATH": "1"},  # a numpy.py in the user's folder is not numpy;
            cwd=os.sep,  # nor in Python 3.10, which does not know the variable
            start_new_session=True,  # Ctrl-C in the server's terminal asks the server, not the child
        )  # fmt: skip

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with suppress(ValueError, msgspec.DecodeError):  # a line that is none of ours: then it ends as one that died
            while line := await process.stdout.readline():
                self._say(msgspec.json.decode(line, type=Download))

    def _fail(self, code: str, reason: str) -> None:
        failure = Failure(code, reason, GO_ON)
        self._say(replace(self.latest, state="failed", rate=0.0, seconds_left=None, failure=failure, note=""))

    def _say(self, download: Download) -> None:
        if not download.total:  # nothing is known yet, or no more than before
            download = replace(download, done=self.latest.done, total=self.latest.total)
        self.latest = download
        self._spaced(download)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Lets it end by the end of its input, then kills it. What it has written stays."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()


def _how(code: int | None) -> str:
    if code is not None and code < 0 and -code in signal.valid_signals():
        return f"by signal {signal.Signals(-code).name}" + (
            " (often: no memory left)" if code == -signal.SIGKILL else ""
        )
    return f"with status {code}"
