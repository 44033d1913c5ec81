"""The Python that runs the model, asked in a process of its own."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple

import msgspec

from jupyter_sc2.engine.probe import Probe

PATIENCE = 120.0  # seconds: a first load of torch from a slow disk


class Asked(NamedTuple):
    """What it answered, or why it did not."""

    probe: Probe | None
    trouble: str


def ask(interpreter: str) -> Asked:
    """Started as a worker is: not in the user's folder, where a torch.py is not torch."""
    command = [interpreter, "-m", "jupyter_sc2.engine.probe"]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            cwd=os.sep,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        )
    except subprocess.TimeoutExpired:
        return Asked(None, f"did not answer within {PATIENCE:.0f} seconds")
    except OSError as error:
        return Asked(None, f"cannot be started: {error.strerror}")
    try:
        lines = answer.stdout.splitlines()
        return Asked(msgspec.json.decode(lines[-1], type=Probe), "")
    except (IndexError, msgspec.DecodeError):
        return Asked(None, f"ended with status {answer.returncode}: {_last_line(answer.stderr)}")


def _last_line(output: bytes) -> str:
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(sign for sign in (lines or ["no word"])[-1][:300] if sign.isprintable()).rstrip(".")
