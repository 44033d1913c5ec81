"""The command: writes an answer to each request, runs and checks it, prints how many pass."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.in_words.execute import Place
from jupyter_sc2.evaluate.in_words.report import Answer, report, text_of
from jupyter_sc2.evaluate.in_words.request import Request
from jupyter_sc2.evaluate.in_words.requests import TOPICS
from jupyter_sc2.evaluate.in_words.writer import Writer
from jupyter_sc2.evaluate.progress import Progress
from jupyter_sc2.evaluate.written import check_folders, write
from jupyter_sc2.prompt.reply import parses

INTERRUPTED = 130  # the exit status after Ctrl+C
LIBRARIES = {name: name for name in ("matplotlib", "numpy", "pandas", "scipy")} | {"sklearn": "scikit-learn"}
REFUSAL = """This asks for code {n} times ({topics})
and runs what comes, with your rights and without a sandbox. Nothing was asked and nothing was run. To do it:
python -m jupyter_sc2.evaluate.in_words --execute"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m jupyter_sc2.evaluate.in_words",
        description="How many everyday requests in words are answered by code that does what was asked.",
    )
    add = made.add_argument
    add("--weights", default="built-in", metavar="NAME|FOLDER", help="which weights (default: built-in)")
    add("--threads", type=int, metavar="N", help="threads of the model's process (default: the server's)")
    add("--execute", action="store_true", help="run the code that the model writes: there is no sandbox")
    add("--json", type=Path, metavar="FILE", help="write all numbers and answers into this file")
    add("--samples", type=Path, metavar="FILE", help="write requests with their notebooks and answers, for reading")
    add("--quiet", action="store_true", help="no progress on standard error")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, 2 for a mistake or without --execute, 130 after Ctrl+C."""
    args = parser().parse_args(argv)
    try:
        return run(args)
    except Sc2Error as error:
        print(" ".join(filter(None, (error.message, error.hint))), file=sys.stderr)
        return 2


def run(args: argparse.Namespace) -> int:
    """Returns the exit status. Raises Sc2Error."""
    total = sum(map(len, TOPICS.values()))
    if not args.execute:
        topics = ", ".join(f"{topic} {len(requests)}" for topic, requests in TOPICS.items())
        print(REFUSAL.format(n=total, topics=topics), file=sys.stderr)
        return 2
    _check_libraries()
    check_folders((args.json, args.samples))
    progress = Progress(total, args.quiet)
    answers: list[Answer] = []
    weights: dict[str, Any] = {"weights": args.weights}
    begun = time.monotonic()
    interrupted = False
    try:
        asyncio.run(_ask(args, answers, weights, progress))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        progress.close()
    if interrupted:
        print(f"Interrupted after {len(answers)} of {total} requests.", file=sys.stderr)
    if answers:
        _show(answers, report(answers, time.monotonic() - begun, weights), args)
    return INTERRUPTED if interrupted else 0


async def _ask(args: argparse.Namespace, answers: list[Answer], weights: dict[str, Any], tick: Progress) -> None:
    """Fills `answers`, one request after the other."""
    asked = [(topic, request) for topic, requests in TOPICS.items() for request in requests]
    with Place() as place:
        async with Writer(args.weights, args.threads) as writer:
            weights["weights_sha256"] = writer.ready.weights_sha256
            snapshots = await place.snapshots([request for _, request in asked])
            for (topic, request), snapshot in zip(asked, snapshots, strict=True):
                code = await writer.write(request, snapshot)
                answers.append(await _judge(place, topic, request, code))
                tick()


async def _judge(place: Place, topic: str, request: Request, code: str) -> Answer:
    if not code.strip() or not parses(code):
        reason = "It is not Python." if code.strip() else "There is no code."
        return Answer(request, topic, code, False, False, False, reason)
    done = await place.judge(request, code)
    return Answer(request, topic, code, True, done["ran"], done["passed"], done["reason"])


def _check_libraries() -> None:
    missing = [package for module, package in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        hint = f"pip install {' '.join(missing)}"
        raise Sc2Error("no_library", f"The requests are about libraries that are not here: {', '.join(missing)}.", hint)


def _show(answers: Sequence[Answer], made: dict[str, Any], args: argparse.Namespace) -> None:
    print(text_of(made))
    if args.json:
        write(args.json, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    if args.samples:
        write(args.samples, "\n".join(map(_sample, answers)) + "\n")


def _sample(answer: Answer) -> str:
    """A line of JSON."""
    request = answer.request
    asked = {"name": request.name, "cells": request.cells, "words": request.words}
    return json.dumps(
        {**asked, "code": answer.code, "passed": answer.passed, "reason": answer.reason}, ensure_ascii=False
    )
