"""Turns galleries and notebooks into lived-in ones: really executed, with what the kernel knew at chosen points.

`python -m jupyter_sc2.evaluate.lived_in SOURCE_FOLDER TARGET_FOLDER`. Each point is a notebook just before its cell
`metadata.jupyter_sc2.target` was run. Runs what it reads: give it only code that you trust.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import nbformat

from jupyter_sc2.evaluate.lived_in_edits import pieces
from jupyter_sc2.evaluate.lived_in_kernel import Kernel
from jupyter_sc2.evaluate.lived_in_person import CALM, LiveCell, Person, Rates
from jupyter_sc2.messages import NotebookState
from jupyter_sc2.tune.documents import Cell, gallery_cells, notebook_cells

MIN_CODE_CELLS = 4
FIRST_POINT = 2  # code cells before the first point
MAX_FAILURES = 3  # of a document's own cells, before it is given up
_SHELL_LINE = re.compile(r"^\s*([!?]|%(pip|conda|load_ext|autoreload)\b).*\n?|^.*\bget_ipython\(.*\n?", re.MULTILINE)
_NETWORK = re.compile(
    r"URLError|HTTPError|ConnectionError|ProxyError|MaxRetry|gaierror|NewConnection|Connection refused"
)


class GivenUp(Exception):
    """A document cannot be lived through; says why in a word or two."""


def read(path: Path) -> list[Cell]:
    """Text and code cells of a notebook or a gallery script, long ones cut. Raises GivenUp."""
    try:
        text = path.read_text("utf-8-sig").replace("\r\n", "\n")
        cells = notebook_cells(text) if path.suffix == ".ipynb" else gallery_cells(text)
    except (OSError, SyntaxError, ValueError):
        raise GivenUp("unreadable") from None
    found: list[Cell] = []
    for cell in cells:
        if cell.kind == "text":
            found.append(cell)
        elif cell.kind == "code" and (source := _SHELL_LINE.sub("", cell.source).strip("\n")).strip():
            found += [Cell("code", piece) for piece in pieces(source)]
    if sum(cell.kind == "code" for cell in found) < MIN_CODE_CELLS:
        raise GivenUp("too short")
    return found


def chosen(cells: Sequence[Cell], points: int) -> set[int]:
    """Numbers of at most `points` code cells, evenly spread, without the first ones."""
    code = [number for number, cell in enumerate(cells) if cell.kind == "code"][FIRST_POINT:]
    return {code[i * len(code) // points] for i in range(points)} if points < len(code) else {*code}


def live_through(cells: Sequence[Cell], person: Person, points: int) -> Iterator[dict[str, Any]]:
    """The notebook at each point whose target then runs without an error. Raises GivenUp and TimeoutError."""
    targets, failures = chosen(cells, points), 0
    for number, cell in enumerate(cells):
        if cell.kind == "text":
            person.write("markdown", cell.source)
            continue
        if number in targets:
            target = person.write_next(cell.source)
            record = notebook_at(person, target)
            run = person.run(target)
            if run.error:
                person.remove(target)
            else:
                yield record
        else:
            run = person.write_and_run(cell.source)
        if run.error:
            failures += 1
            reason = (
                "network" if _NETWORK.search(run.error) else "module" if "ModuleNotFound" in run.error else "errors"
            )
            if reason != "errors" or failures == MAX_FAILURES:
                raise GivenUp(f"{reason}: {run.error[:100]}")
        person.wander()


def notebook_at(person: Person, target: LiveCell) -> dict[str, Any]:
    """What the person sees and the kernel knows; the state is checked against its contract."""
    runs = [
        {"id": c.id, "order": c.run.order, "sha": c.run.sha, "output": c.run.output, "error": c.run.error}
        for c in person.cells
        if c.run
    ]
    state = {"runs": runs, "snapshot": person.snapshot()}
    msgspec.convert(state, NotebookState)
    ours = {"state": state, "target": target.id, "events": dict(+person.events)}
    return as_notebook(person.cells, {"jupyter_sc2": ours})


def as_notebook(cells: Sequence[LiveCell], metadata: dict[str, Any]) -> dict[str, Any]:
    """A notebook of format 4.5 in JSON's types, validated."""
    found: list[dict[str, Any]] = []
    for cell in cells:
        raw: dict[str, Any] = {"cell_type": cell.kind, "id": cell.id, "metadata": {}, "source": cell.source}
        if cell.kind == "code":
            raw["execution_count"] = cell.run.order if cell.run else None
            raw["outputs"] = list(cell.run.outputs) if cell.run else []
        found.append(raw)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": spec, "language_info": {"name": "python"}} | metadata
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": found}
    nbformat.validate(notebook)
    return notebook


def live(path: Path, options: argparse.Namespace, rates: Rates) -> Iterator[dict[str, Any]]:
    """The points of one file; its seed does not depend on the other files."""
    cells = read(path)
    chance = random.Random(f"{options.seed}/{path.relative_to(options.source).as_posix()}")
    with Kernel(options.python, options.timeout, options.seed) as kernel:
        yield from live_through(cells, Person(kernel, chance, rates), options.points)


def write(path: Path, options: argparse.Namespace, rates: Rates, totals: Counter[str]) -> str:
    """Writes one file's points and says in a few words how it went."""
    place = path.relative_to(options.source)
    package = place.parts[0] if len(place.parts) > 1 else ""
    source = {"package": package, "file": place.as_posix(), "licence": options.licences.get(package, "")}
    written, events = 0, {}
    try:
        for notebook in live(path, options, rates):
            written += 1
            ours = notebook["metadata"]["jupyter_sc2"]
            ours["source"], events = source, ours["events"]
            name = re.sub(r"\W+", "-", place.with_suffix("").as_posix())
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
            (options.target / f"{name}.{written}.ipynb").write_text(text, "utf-8")
        outcome = "done"
    except (GivenUp, TimeoutError, RuntimeError) as error:
        outcome = (
            str(error) if isinstance(error, GivenUp) else "timeout" if isinstance(error, TimeoutError) else "kernel"
        )
        totals[f"given up: {outcome.partition(':')[0]}"] += 1
    totals["notebooks"] += bool(written)
    totals["points"] += written
    totals.update({f"event: {name}": number for name, number in events.items()})
    return f"{written} points, {outcome}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.evaluate.lived_in", description=__doc__)
    parser.add_argument("source", type=Path, help="folder of .ipynb and gallery .py files; may hold licences.json")
    parser.add_argument("target", type=Path, help="folder for the points, one notebook each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--notebooks", type=int, default=1000, help="stop after so many that gave points")
    parser.add_argument("--points", type=int, default=5, help="points of each notebook, at most")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for each cell")
    parser.add_argument("--python", default=sys.executable, help="interpreter with ipykernel that runs the cells")
    parser.add_argument("--calm", action="store_true", help="nothing happens: every cell written and run in order")
    options = parser.parse_args(arguments)
    licences = options.source / "licences.json"
    options.licences = json.loads(licences.read_text("utf-8")) if licences.exists() else {}
    options.target.mkdir(parents=True, exist_ok=True)
    rates, totals = CALM if options.calm else Rates(), Counter[str]()
    for path in sorted(p for p in options.source.rglob("*") if p.suffix in (".ipynb", ".py")):
        if totals["notebooks"] >= options.notebooks:
            break
        print(f"{path.relative_to(options.source)}: {write(path, options, rates, totals)}", file=sys.stderr, flush=True)
    print(json.dumps({"rates": asdict(rates), "totals": dict(sorted(totals.items()))}, indent=1))


if __name__ == "__main__":
    main()
