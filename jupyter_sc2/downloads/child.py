"""The process that downloads: `python -m jupyter_sc2.downloads.child TASK` prints a JSON line for each change.

It ends when its standard input does, so with its parent, at any moment: it goes on from what it had written.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import msgspec

from jupyter_sc2.downloads.explain import explain
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.settings import Task
from jupyter_sc2.messages import Download, Failure

# Plain HTTP (see client.py), no reports about this machine, no bars. Read when huggingface_hub is imported.
ENVIRONMENT = {
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_SYMLINKS_WARNING": "1",
    "HF_HUB_VERBOSITY": "critical",
}


def end_with_parent() -> None:
    """Runs in a thread."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    task = msgspec.json.decode(sys.argv[1], type=Task)
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.environ.update(ENVIRONMENT)
    lines = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no line of ours

    def tell(download: Download) -> None:
        os.write(lines, msgspec.json.encode(download) + b"\n")

    run(task, Meter(task.weights, task.settings, tell))


def run(task: Task, meter: Meter, endpoint: str | None = None) -> None:
    """Downloads, and tells the meter how it ended. `endpoint` is None for what HF_ENDPOINT says."""
    cache = Path(task.cache)
    try:
        from jupyter_sc2.downloads import work
        from jupyter_sc2.downloads.client import Hub

        hub = Hub(task.settings, endpoint)
    except ImportError as error:
        hint = "Install jupyter-sc2 again, with what it needs."
        meter.fail(Failure("download_failed", f"The package {error.name} is missing.", hint))
        return
    try:
        work.download(task.weights, task.branch, cache, task.settings, hub, meter)
        meter.succeed()
    except Exception as error:
        told = explain(error, task.weights, hub.endpoint, cache)
        meter.fail(Failure(told.code, told.message, told.hint))


if __name__ == "__main__":
    main()
