"""Runs jobs in a child process that is bounded, but no sandbox: an answer may do whatever its user may do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.in_words.request import Request

SECONDS = 20  # of a processor, for one answer
SETUP_SECONDS = 120  # for all notebooks without answers
PATIENCE = 3  # times as long by the clock: the machine may be busy
KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TEMP", "TMP")  # of the environment; tokens in it stay out
CHILD = "jupyter_sc2.evaluate.in_words.child"
OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)
MAX_SAID = 500  # characters


class Place:
    """A folder for children, which goes with it: their home, and the caches that they share."""

    def __enter__(self) -> Place:
        self._folder = tempfile.TemporaryDirectory(prefix="in-words-", ignore_cleanup_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    async def snapshots(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        """The names that live after each notebook. Raises Sc2Error when one does not run."""
        done = await self.run([_job(request) for request in requests], SETUP_SECONDS)
        if isinstance(done, str):
            raise Sc2Error("no_notebook", f"The notebooks before the requests do not run: {done}")
        return [one["snapshot"] for one in done]

    async def judge(self, request: Request, code: str) -> dict[str, Any]:
        """Whether the answer `ran` and `passed`, and the `reason` why not."""
        done = await self.run([job_of(request, code)], SECONDS)
        return {"ran": False, "passed": False, "reason": done} if isinstance(done, str) else done[0]

    async def run(self, jobs: Sequence[dict[str, Any]], seconds: int) -> list[dict[str, Any]] | str:
        """What became of `jobs`, all in one child; or why nothing is known. The child ends with this call."""
        home = Path(self._folder.name) / "home"
        home.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder.name, ignore_cleanup_errors=True) as work:
            target = Path(self._folder.name) / f"{Path(work).name}.json"
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", CHILD, str(target), str(seconds)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                cwd=work,
                env=_environment(home),
                start_new_session=True,
            )
            try:
                _, said = await asyncio.wait_for(child.communicate(json.dumps(jobs).encode()), PATIENCE * seconds)
            except asyncio.TimeoutError:
                return f"It took over {PATIENCE * seconds} s."
            finally:
                await _end(child)
            if child.returncode == -OUT_OF_TIME:
                return f"It took over {seconds} s of a processor."
            return _read(target) or _last_line(said) or f"It ended with exit status {child.returncode}."


def job_of(request: Request, code: str) -> dict[str, Any]:
    return {**_job(request), "code": code, "check": request.check}


def _job(request: Request) -> dict[str, Any]:
    return {"files": request.files, "cells": request.cells}


def _environment(home: Path) -> dict[str, str]:
    """One thread for each library, so that an answer is not slower than its time; no way to the network."""
    nowhere = {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https", "ftp")}  # nothing listens there
    own = {name: str(home) for name in ("HOME", "USERPROFILE", "IPYTHONDIR", "MPLCONFIGDIR")}
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **own, **nowhere, **single, "MPLBACKEND": "Agg"}


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ends the child and, where a session has a group, all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    await child.wait()


def _read(target: Path) -> list[dict[str, Any]] | None:
    try:
        found: list[dict[str, Any]] = json.loads(target.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:MAX_SAID] if lines else ""
