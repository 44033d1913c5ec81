"""Weights of the real size, from the Hub to the first ghost text: how long each part takes, and the memory at its peak.

    python -m benchmarks.rehearsal --work FOLDER --json

A random checkpoint of StarCoder2-3B's exact configuration, in float32 and two files as large checkpoints are published,
is offered by a Hub on loopback. A real Jupyter server downloads it after the licence was accepted, converts it to four
bits, and answers; then it starts again. Takes some ten minutes and 27 GB of disk in FOLDER.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import shutil
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ui.lab import Lab

from benchmarks.beside_chat import events
from benchmarks.speed.memory import Watch
from benchmarks.speed.published import offer, write_published

WEIGHTS, LICENCE = "bigcode/starcoder2-3b", "bigcode-openrail-m"


def ask(lab: Lab, method: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(f"{lab.url}/sc2/{path}", json.dumps(body).encode(), headers, method=method)) as answer:
            return json.loads(answer.read() or b"null")
    except HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from None


def downloaded(lab: Lab, seconds: float) -> None:
    """Waits until the weights are there. Raises SystemExit when they do not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found: Any = lab.get("sc2/models")
        (download,) = [each for each in found["downloads"] if each["weights"] == WEIGHTS]
        if download["state"] == "done":
            return
        if download["state"] == "failed":
            raise SystemExit(f"The download failed: {download['failure']}")
        time.sleep(0.5)
    raise SystemExit("The download takes too long.")


def ready(lab: Lab, seconds: float) -> dict[str, Any]:
    """Waits until ghost text is answered by the weights; returns what the engine says about them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found: Any = lab.get("sc2/status")
        for engine in found["engines"]:
            if "ghost" in engine["roles"] and engine["weights"] in WEIGHTS:
                if engine["state"] == "failed":
                    raise SystemExit(f"The weights do not load: {engine['failure']}")
                if engine["state"] == "ready":
                    return dict(engine["details"])
        time.sleep(0.2)
    raise SystemExit(f"The weights are not ready: {lab.get('sc2/status')}")


def ghost_text(lab: Lab) -> dict[str, Any]:
    """The last event of a completion of 16 ids."""
    source = "import pandas as pd\n\ndf = pd.read_csv('data.csv')\ndf."
    cell = {"id": "a", "kind": "code", "sha": hashlib.sha256(source.encode()).hexdigest(), "source": source}
    body = {"protocol": 1, "request_id": uuid.uuid4().hex, "client_id": "bench", "editor_id": "e", "seq": 1,
            "role": "ghost", "cells": [cell], "cursor": {"cell_id": "a", "offset": len(source)},
            "options": {"max_new_tokens": 16}}  # fmt: skip
    *_, last = events(lab, "complete", body)
    if last["type"] != "done":
        raise SystemExit(f"No completion: {last}")
    return last


def timed(what: Any, *arguments: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = what(*arguments)
    return round(time.perf_counter() - started, 1), result


def rehearse(work: Path, shape: str) -> dict[str, Any]:
    source, home = work / "published", work / "home"
    write_published(source, shape)
    shutil.rmtree(home, ignore_errors=True)
    (home / "root").mkdir(parents=True)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    hub = context.Process(target=offer, args=(WEIGHTS, source, theirs), daemon=True)
    hub.start()
    environment = {"HF_HOME": str(home / "hub"), "HF_ENDPOINT": ours.recv(), "XDG_CACHE_HOME": str(home / "cache")}
    figures: dict[str, Any] = {"shape": shape, "bytes": sum(p.stat().st_size for p in source.iterdir())}
    lab = Lab(home / "root", home, environment=environment).start()
    try:
        with Watch(lab) as watch:
            terms: Any = lab.get(f"sc2/licences/{LICENCE}")
            ask(lab, "PUT", f"licences/{LICENCE}", {"accepted": True, "version": terms["version"]})
            ask(lab, "POST", "models/download", {"weights": WEIGHTS})
            figures["download_s"], _ = timed(downloaded, lab, 1500)
            figures["download_peak_gb"] = watch.peak()
            ask(lab, "PUT", "roles/ghost", {"weights": WEIGHTS, "precision": "int4"})
            figures["first_load_s"], details = timed(ready, lab, 900)
            figures["conversion_peak_gb"] = watch.peak()
            figures["first_ghost_text_s"], done = timed(ghost_text, lab)
            figures["next_ghost_text_s"], _ = timed(ghost_text, lab)
            figures["answer_peak_gb"] = watch.peak()
            figures["precision"], figures["weights_sha256"] = details["precision"], details["weights_sha256"]
            figures["provenance_precision"] = done["provenance"]["precision"]
    finally:
        lab.stop()
    lab = Lab(home / "root", home, environment=environment).start()
    try:
        figures["ghost_text_after_a_restart_s"], _ = timed(ghost_text, lab)  # from the copy that was kept
    finally:
        lab.stop()
        hub.kill()
    figures["peak_gb"] = max(value for name, value in figures.items() if name.endswith("peak_gb"))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--work", type=Path, required=True, help="a folder with 27 GB of room")
    parser.add_argument("--shape", default="3b", choices=["3b", "small"])
    args = parser.parse_args()
    figures = rehearse(args.work.absolute(), args.shape)
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
