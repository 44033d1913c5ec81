"""A contestant in a process of its own, so that no thread pool of one disturbs another.

Parent and child exchange lines of JSON: a first line makes the object, each further one calls a method. While nothing
is asked the child waits on its pipe. What libraries print goes to standard error.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from benchmarks.speed.contestant import Timing
from jupyter_sc2.engine.worker import THREADS

KINDS = {
    "ours": "benchmarks.speed.taught:Taught",
    "llama.cpp": "benchmarks.speed.llama:LlamaCpp",
    "transformers": "benchmarks.speed.hugging:Transformers",
    "errors": "benchmarks.speed.error:Errors",
    "built-in": "benchmarks.speed.built_in:BuiltIn",
    "trace": "benchmarks.speed.trace:Trace",
}
PEERS = ("llama.cpp", "transformers")  # get the environment that their users have


class ChildError(Exception):
    """What went wrong in a child, its last line."""


class Child:
    """The parent's end. Standard error of the child is kept out of sight unless `loud`."""

    def __init__(self, kind: str, loud: bool = False, **options: Any) -> None:
        quiet = {} if kind in PEERS else THREADS  # as our worker does
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if loud else subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **quiet},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.questions, self.answers = self.process.stdin, self.process.stdout
        try:
            self._ask({"kind": kind, "options": options})
        except ChildError:
            self.close()
            raise

    def call(self, method: str, **arguments: Any) -> Any:
        return self._ask({"method": method, "arguments": arguments})

    def peak_gb(self) -> float:
        """Peak resident memory of the child so far."""
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("VmHWM:"))

    def close(self) -> None:
        """Lets the child end by itself, or ends it after 20 seconds."""
        with contextlib.suppress(BrokenPipeError):
            self.questions.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.answers.close()

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            self.questions.write(json.dumps(request) + "\n")
            self.questions.flush()
            line = self.answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ChildError(f"it ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildError(answer["error"])
        return answer["value"]


def main() -> None:
    """The child's end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    target: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if target is None:
                module, _, name = KINDS[request["kind"]].partition(":")
                target, value = getattr(importlib.import_module(module), name)(**request["options"]), None
            else:
                value = getattr(target, request["method"])(**request["arguments"])
            answer = {"value": dataclasses.asdict(value) if isinstance(value, Timing) else value}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)  # without what native libraries do at the end


if __name__ == "__main__":
    main()
