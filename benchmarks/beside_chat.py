"""Ghost text while a chat reply streams: time to the first characters, against the same without a chat.

    python -m benchmarks.beside_chat --json

A real Jupyter server, the built-in weights in both roles, one worker. Idle and busy trials alternate, so that a noisy
minute touches both; each asks at another cursor of the same notebook, read before, as while one types.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ui.lab import Lab

from benchmarks.notebook import CELLS, SITES

TRIALS = 40


def events(lab: Lab, route: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{lab.url}/sc2/{route}", json.dumps(body).encode(), headers), timeout=60) as answer:
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def ids() -> dict[str, Any]:
    return {"protocol": 1, "request_id": uuid.uuid4().hex, "client_id": "bench"}


class Chatter:
    """Keeps replies streaming, one after the other. `streams` from a reply's first piece to its end."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.pieces, self.streams = lab, 0, False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Chatter:
        self._thread.start()
        self.wait()
        return self

    def wait(self) -> None:
        """Until a reply streams, some pieces into it."""
        before = self.pieces
        while not self.streams or self.pieces < before + 3:
            time.sleep(0.002)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        answer = json.loads(self._post("conversations", {"path": f"{uuid.uuid4().hex}.ipynb"}))["conversation"]
        while not self._stop.is_set():
            body = {**ids(), "seq": answer["revision"], "conversation_id": answer["id"], "revision": answer["revision"],
                    "message": "Write everything", "options": {"max_new_tokens": 1024, "temperature": 2}}  # fmt: skip
            try:
                for event in events(self.lab, "chat", body):
                    self.streams = event["type"] == "text"
                    self.pieces += self.streams
                    answer["revision"] = event.get("revision") or answer["revision"]
                    if self._stop.is_set():
                        break
            except (OSError, HTTPException):
                return

    def _post(self, route: str, body: dict[str, Any]) -> bytes:
        headers = {"Authorization": f"token {self.lab.token}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.lab.url}/sc2/{route}", json.dumps(body).encode(), headers), timeout=60) as answer:
            return bytes(answer.read())


def first_text_ms(lab: Lab, site: tuple[int, str], seq: int) -> float | None:
    """From the request to the first characters; None when the weights suggest nothing there."""
    index, text = site
    sources = [*CELLS[:index], CELLS[index] + text, *CELLS[index + 1 :]]
    cells = [
        {"id": f"c{i}", "kind": "code", "sha": hashlib.sha256(s.encode()).hexdigest(), "source": s}
        for i, s in enumerate(sources)
    ]
    cursor = {"cell_id": f"c{index}", "offset": len(sources[index])}
    body = {**ids(), "editor_id": f"e{index}", "seq": seq, "role": "ghost", "cells": cells, "cursor": cursor,
            "options": {"max_new_tokens": 24}}  # fmt: skip
    begun = time.perf_counter()
    first = None
    for event in events(lab, "complete", body):
        if event["type"] == "text" and first is None:
            first = 1000 * (time.perf_counter() - begun)
    return first


def measure(lab: Lab) -> dict[str, Any]:
    sites = [site for site in SITES if site[0] >= 18]
    times: dict[str, list[float]] = {"idle": [], "busy": []}
    for number in range(2 * len(sites)):  # reads the notebook, each cell's cursor once
        first_text_ms(lab, sites[number % len(sites)], number)
    for number in range(TRIALS):
        site = sites[number % len(sites)]
        for kind in ("idle", "busy") if number % 2 else ("busy", "idle"):
            if kind == "idle":
                taken = first_text_ms(lab, site, 1000 + 2 * number)
            else:
                with Chatter(lab) as chatter:
                    taken = first_text_ms(lab, site, 1000 + 2 * number + 1)
                    if not chatter.streams:  # the reply ended under the measurement
                        taken = None
            if taken is not None:
                times[kind].append(taken)
    medians = {kind: statistics.median(found) for kind, found in times.items()}
    return {
        "n": len(times["busy"]),
        "idle_p50_ms": round(medians["idle"], 1),
        "busy_p50_ms": round(medians["busy"], 1),
        "ratio": round(medians["busy"] / medians["idle"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sc2-bench-"))
    (folder / "root").mkdir()
    (folder / "home").mkdir()
    lab = Lab(folder / "root", folder / "home").start()
    try:
        figures = measure(lab)
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
