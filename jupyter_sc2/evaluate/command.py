"""`jupyter sc2 evaluate`: reads, asks, compares, prints."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate import picture
from jupyter_sc2.evaluate.contenders import contenders
from jupyter_sc2.evaluate.files import Found, collect
from jupyter_sc2.evaluate.holes import punch
from jupyter_sc2.evaluate.progress import Progress
from jupyter_sc2.evaluate.results import result, text_of
from jupyter_sc2.evaluate.runs import Run, ask, ask_baselines
from jupyter_sc2.evaluate.samples import samples
from jupyter_sc2.evaluate.written import check_folders, write

INTERRUPTED = 130  # the exit status after Ctrl+C


def run(args: argparse.Namespace) -> int:
    """Returns the exit status. Raises Sc2Error."""
    runs = [Run(contender) for contender in contenders(args)]
    if args.picture:
        picture.check(args.picture)
    check_folders((args.json, args.samples, args.picture))
    found = collect(args.paths)
    _tell_skipped(found)
    holes = punch(found.documents, args.seed, args.max_holes)
    if not holes:
        raise Sc2Error("no_holes", "The files have no line of code that could be hidden.")
    progress = Progress(len(holes) * len(runs), args.quiet)
    interrupted = False
    try:
        siblings = () if args.alone else found.documents
        ask_baselines(runs, holes, args.work, progress, siblings)
        asyncio.run(ask(runs, holes, args.threads, progress, siblings))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        progress.close()
    if interrupted:
        print(f"Interrupted after {progress.done} of {progress.total} completions.", file=sys.stderr)
    if all(run.answers for run in runs):
        _show(result(runs, args.seed, args.ablate), found, args)
        if args.samples:
            write(args.samples, "\n".join(samples(runs)) + "\n")
    return INTERRUPTED if interrupted else 0


def _tell_skipped(found: Found) -> None:
    for sentence in found.skipped[:3]:
        print(f"Skipped {sentence}", file=sys.stderr)
    if len(found.skipped) > 3:
        print(f"Skipped {len(found.skipped) - 3} more files.", file=sys.stderr)


def _show(made: dict[str, Any], found: Found, args: argparse.Namespace) -> None:
    print(text_of(made))
    made = {**made, "read": len(found.documents), "skipped": len(found.skipped), "alone": args.alone}
    if args.json:
        write(args.json, json.dumps(made, indent=1) + "\n")
    if args.picture:
        _draw(made, args.picture)


def _draw(made: dict[str, Any], path: Path) -> None:
    """Of several budgets, the first."""
    first = next(iter(made["budgets"].values())) if "budgets" in made else made
    reports = first.get("arms") or first.get("reports") or {first["weights"]: first}
    try:
        picture.draw(reports, path)
    except OSError as error:
        raise Sc2Error("cannot_write", f"{path} cannot be written: {error.strerror}.") from None
