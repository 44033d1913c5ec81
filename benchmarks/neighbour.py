"""How much a NumPy cell slows down while the model writes, and how much is left to the model meanwhile.

    python -m benchmarks.neighbour --json

The cell is a process with a session of its own, as a kernel is; the worker is started as the server starts it. Rounds
with and without a busy model alternate, so that a noisy minute touches both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from typing import Any

from jupyter_sc2 import catalog
from jupyter_sc2.messages import Submit, Tokens
from jupyter_sc2.supervisor import Supervisor, Ticket, WorkerSettings

ROUNDS, SECONDS = 12, 4.0
CELL = """
import sys, time
import numpy as np
a = np.random.default_rng(0).random((700, 700))
for line in sys.stdin:
    end, count = time.monotonic() + float(line), 0
    while time.monotonic() < end:
        a @ a
        count += 1
    print(count, flush=True)
"""


class Writer:
    """Keeps the model writing; `written` counts ids."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor, self.written, self.number = supervisor, 0, 0

    async def run(self) -> None:
        while True:
            self.number += 1
            stream = self.supervisor.admit(Ticket(f"r{self.number}", "bench", "e", self.number, "chat"))
            ids = [40 + (7 * self.number + n) % 400 for n in range(200)]
            self.supervisor.submit(stream, Submit("", ids, 512, 1.0, 1.0, self.number, [], 2, "bench"))
            while not stream.ended:
                event = await stream.next(60)
                self.written += len(event.ids) if isinstance(event, Tokens) else 0


async def measure(weights: str, threads: int, niceness: int) -> dict[str, Any]:
    command = (sys.executable, "-m", "jupyter_sc2.engine.worker")
    settings = WorkerSettings(command=command, folder=str(catalog.locate(weights)), threads=threads, niceness=niceness)
    supervisor = Supervisor("bench", ["chat"], settings)
    supervisor.start()
    while supervisor.status().state != "ready":
        await asyncio.sleep(0.05)
    cell = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CELL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert cell.stdin is not None
    assert cell.stdout is not None
    products: dict[bool, list[float]] = {False: [], True: []}
    writer = Writer(supervisor)

    async def one_round(busy: bool) -> None:
        task = asyncio.create_task(writer.run()) if busy else None
        await asyncio.sleep(0.5)
        cell.stdin.write(f"{SECONDS}\n".encode())
        products[busy].append(int(await cell.stdout.readline()) / SECONDS)
        if task is not None:
            while not task.done():  # before Python 3.12 a cancelled wait_for may go on
                task.cancel()
                await asyncio.wait([task], timeout=0.1)
            supervisor.cancel(f"r{writer.number}")

    try:
        for number in range(ROUNDS):
            for busy in (False, True) if number % 2 else (True, False):
                await one_round(busy)
    finally:
        cell.stdin.close()
        await cell.wait()
        await supervisor.stop()
    alone, beside = (statistics.median(products[busy]) for busy in (False, True))
    return {
        "weights": weights, "niceness": niceness, "threads": threads, "rounds": ROUNDS, "processors": os.cpu_count(),
        "products_per_second_alone": round(alone, 1), "products_per_second_beside": round(beside, 1),
        "slower_percent": round(100 * (1 - beside / alone), 1),
        "ids_per_second_beside": round(writer.written / (ROUNDS * SECONDS), 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--weights", default=catalog.BUILT_IN)
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--niceness", type=int, default=13)
    args = parser.parse_args()
    figures = asyncio.run(measure(args.weights, args.threads, args.niceness))
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
