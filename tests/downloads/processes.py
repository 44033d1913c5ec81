"""The child process as the product starts it, for tests that kill it."""

import subprocess
import sys
from contextlib import contextmanager
from tempfile import TemporaryFile

import msgspec
from checkpoints import QUICK

from jupyter_sc2.downloads.settings import Task
from jupyter_sc2.messages import Download


def command(weights, cache, settings=QUICK):
    task = msgspec.json.encode(Task(weights, "main", str(cache), settings)).decode()
    return [sys.executable, "-m", "jupyter_sc2.downloads.child", task]


@contextmanager
def child(weights, cache, settings=QUICK):
    """A running child, killed at the end. `errors` is the file of its standard error."""
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            command(weights, cache, settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        process.errors = errors
        try:
            yield process
        finally:
            process.kill()


def lines(process):
    """What it tells until its end. Its input stays open, for it ends with that."""
    return [msgspec.json.decode(line, type=Download) for line in process.stdout]
