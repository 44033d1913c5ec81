"""One completion from an installed jupyter-sc2, standard library only: `python tests/ui/smoke.py`. Run by `.ci/run`."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))

from ui.lab import Lab


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        home.mkdir()
        lab = Lab(root, home).start()
        try:
            events = complete(lab, "import numpy as ")
        finally:
            lab.stop()
    text = "".join(event["text"] for event in events if event["type"] == "text")
    print(f"import numpy as [{text}] by {events[-1]['provenance']['weights']}")
    if not text.startswith("np"):
        sys.exit("The built-in weights did not suggest what everybody writes here.")


def complete(lab: Lab, source: str) -> list[dict]:
    sha = hashlib.sha256(source.encode()).hexdigest()
    body = {
        "protocol": 1,
        "request_id": "smoke",
        "client_id": "smoke",
        "editor_id": "smoke",
        "seq": 0,
        "role": "ghost",
        "cells": [{"id": "a", "kind": "code", "sha": sha, "source": source}],
        "cursor": {"cell_id": "a", "offset": len(source)},
    }
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{lab.url}/sc2/complete", json.dumps(body).encode(), headers), timeout=120) as answer:
        lines = answer.read().decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


if __name__ == "__main__":
    main()
