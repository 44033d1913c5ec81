"""From key press to ghost text on the screen: a real browser, the built-in weights, debounce included.

    python -m benchmarks.ghost_text --json

Warm: the notebook was read before, as it is while one types. Cold: every cell before the cursor has just changed, so
the whole prompt is computed. Each prompt is fresh: the key that is timed sends a request of its own. The typing trace
goes to the server key by key and reports how many ids of each prompt were computed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import shutil
import statistics
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Error, Page, Response, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ui.browser import ARGUMENTS, GHOST, edit_cell, find_chromium, open_notebook, write_notebook
from ui.lab import Lab

from benchmarks.notebook import CELLS, SITES, TRACE

# Two animation frames after the ghost text enters the page, it is painted.
STOPWATCH = """() => {
  const watch = window.sc2Watch = {armed: false, pressed: 0, painted: null};
  document.addEventListener('keydown', event => {
    if (watch.armed && event.key.length === 1) { watch.pressed = event.timeStamp; watch.painted = null; }
  }, true);
  new MutationObserver(() => {
    const ghosts = [...document.querySelectorAll('.jp-GhostText')];
    if (!watch.armed || !watch.pressed || !ghosts.some(ghost => ghost.textContent)) return;
    watch.armed = false;
    const stop = () => { watch.painted = performance.now() - watch.pressed; };
    requestAnimationFrame(() => requestAnimationFrame(stop));
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
SET_SOURCES = """sources => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  for (const [index, source] of sources) cells[index].model.sharedModel.setSource(source);
}"""


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure_site(page: Page, site: tuple[int, str], cold: bool) -> dict[str, Any] | None:
    """Types at one site and times the last key. None when the weights suggest nothing there."""
    index, text = site
    page.evaluate(SET_SOURCES, list(enumerate(CELLS)))
    edit_cell(page, index)
    page.keyboard.type(text[:-1], delay=60)
    page.wait_for_timeout(400)
    page.keyboard.press("ArrowLeft")  # a moved cursor ends the suggestion before, which could else be typed along
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(150)
    if page.locator(GHOST).count():
        return None
    if cold:
        nonce = uuid.uuid4().hex
        page.evaluate(SET_SOURCES, [[i, f"{CELLS[i]}  # {nonce}"] for i in range(index)])
    answers: list[Response] = []
    listener = lambda answer: answers.append(answer)  # noqa: E731 (Playwright cannot wrap a built-in method)
    page.on("response", listener)
    page.evaluate("() => Object.assign(window.sc2Watch, {armed: true, pressed: 0, painted: null})")
    page.keyboard.press(text[-1])
    page.wait_for_timeout(1000)
    page.remove_listener("response", listener)
    painted = page.evaluate("() => { window.sc2Watch.armed = false; return window.sc2Watch.painted; }")
    asked = [answer for answer in answers if "/sc2/complete" in answer.url and answer.ok]
    if painted is None or not asked:
        return None
    return {"ms": painted, **usage_of(asked)}


def usage_of(answers: list[Response]) -> dict[str, int]:
    """Of the last answer that was not cut off; empty when the browser kept none."""
    for answer in reversed(answers):
        with contextlib.suppress(Error):
            return next((event["usage"] for event in events_of(answer.text()) if event["type"] == "done"), {})
    return {}


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    times = [trial["ms"] for trial in trials]
    return {
        "n": len(trials),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(quantile(times, 0.95), 1),
        "prompt_ids_min": min(trial["prompt_ids"] for trial in trials if "prompt_ids" in trial),
        "recomputed_ids_p50": statistics.median(t["recomputed_ids"] for t in trials if "recomputed_ids" in t),
    }


def browser_figures(lab: Lab, chromium: str) -> dict[str, Any]:
    write_notebook(lab.root / "analysis.ipynb", CELLS)
    results: dict[str, list[dict[str, Any]]] = {"warm": [], "cold": []}
    silent = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_notebook(page, lab, "analysis.ipynb")
        page.evaluate(STOPWATCH)
        measure_site(page, SITES[0], cold=False)  # loads the weights
        page.wait_for_timeout(8000)
        for site in SITES:  # interleaved, so that a noisy minute touches both
            for kind in results:
                trial = measure_site(page, site, cold=kind == "cold")
                silent += trial is None
                if trial is not None:
                    results[kind].append(trial)
        browser.close()
    warm, cold = summary(results["warm"]), summary(results["cold"])
    return {**{key: warm[key] for key in ("n", "p50_ms", "p95_ms")}, "cold": cold, "warm": warm, "silent": silent}


def typed_states() -> list[tuple[int, str]]:
    """(cell, its text up to the cursor) after each key of the trace."""
    cell, text, states = 29, "", []
    for key in TRACE:
        if key == "\f":
            cell, text = 28, CELLS[28] + "\n"
        else:
            text = text[:-1] if key == "\b" else text + key
        states.append((cell, text))
    return states


def trace_figures(lab: Lab) -> dict[str, Any]:
    counts = []
    for seq, (index, text) in enumerate(typed_states()):
        sources = [*CELLS[:index], text, *CELLS[index + 1 :]]
        body = {
            "protocol": 1, "request_id": uuid.uuid4().hex, "client_id": "trace", "editor_id": f"trace:{index}",
            "seq": seq, "role": "ghost", "cursor": {"cell_id": f"c{index}", "offset": len(text)},
            "cells": [
                {"id": f"c{i}", "kind": "code", "sha": hashlib.sha256(source.encode()).hexdigest(), "source": source}
                for i, source in enumerate(sources)
            ],
            "options": {"max_new_tokens": 16},
        }  # fmt: skip
        headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
        request = Request(f"{lab.url}/sc2/complete", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=60) as answer:
            done = events_of(answer.read().decode())[-1]
        counts.append((done["usage"]["recomputed_ids"], done["usage"]["prompt_ids"]))
    recomputed = [count for count, _ in counts]
    return {
        "keys": len(counts),
        "recomputed_ids_p50": statistics.median(recomputed),
        "recomputed_ids_p95": quantile([float(count) for count in recomputed], 0.95),
        "prompt_ids_p50": statistics.median(prompt for _, prompt in counts),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    args = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.exit(2, "No Chromium on the PATH or in SC2_CHROMIUM.\n")
    folder = Path(tempfile.mkdtemp(prefix="sc2-bench-"))
    (folder / "root").mkdir()
    (folder / "home").mkdir()
    lab = Lab(folder / "root", folder / "home").start()
    try:
        figures = {**browser_figures(lab, chromium), "trace": trace_figures(lab)}
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
