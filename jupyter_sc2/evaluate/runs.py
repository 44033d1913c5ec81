"""Asks everyone who is compared, hole by hole: an interrupted run still compares the same holes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from jupyter_sc2.evaluate.baselines import BASELINES, load
from jupyter_sc2.evaluate.completer import NEW_IDS, Completer, Completion
from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.scores import Scores, score
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.messages import Ready
from jupyter_sc2.notebook import ARMS


class Contender(Struct, frozen=True):
    """Who is asked: weights by name or folder, one of ARMS, and the longest prompt in token ids; or a baseline."""

    name: str
    weights: str
    arm: str
    prompt_ids: int


class Answer(Struct, frozen=True):
    """`is_timed` is False where another contender's prompt was the very same, and its completion stands for both."""

    hole: Hole
    completion: Completion
    scores: Scores
    is_timed: bool


class Run(Struct):
    """One contender's answers so far, in the holes' order. `ready` describes the weights once they are loaded."""

    contender: Contender
    answers: list[Answer] = []
    ready: Ready | None = None


def ask_baselines(
    runs: Sequence[Run],
    holes: Sequence[Hole],
    work: Path | None,
    tick: Callable[[], None] = lambda: None,
    siblings: Sequence[Document] = (),
) -> None:
    """As `ask`, for those of `runs` that are baselines: they are quick, so they come first. Raises Sc2Error."""
    for run in runs:
        if run.contender.weights not in BASELINES:
            continue
        baseline = load(run.contender.weights, work, siblings)
        for hole in holes:
            begun = time.perf_counter()
            text, tokens = baseline.suggest(hole)
            ms = (time.perf_counter() - begun) * 1000.0
            completion = Completion(text, tokens, ms if text else None, ms, 0)
            run.answers.append(Answer(hole, completion, score(hole, text, tokens), True))
            tick()


async def ask(
    runs: Sequence[Run],
    holes: Sequence[Hole],
    threads: int | None = None,
    tick: Callable[[], None] = lambda: None,
    siblings: Sequence[Document] = (),
) -> None:
    """Fills `runs`; `tick` is called after each answer. One weights are loaded at a time. Raises Sc2Error.

    Those of `siblings` that are in one folder are read beside each other.
    """
    runs = [run for run in runs if run.contender.weights not in BASELINES]
    for weights in dict.fromkeys(run.contender.weights for run in runs):
        mine = [run for run in runs if run.contender.weights == weights]
        async with Completer(weights, threads, siblings) as completer:
            for run in mine:
                run.ready = completer.ready
            await completer.prepare(hole.document for hole in holes)
            for hole in holes:
                await _ask_one(completer, mine, hole, tick)


async def _ask_one(completer: Completer, runs: Sequence[Run], hole: Hole, tick: Callable[[], None]) -> None:
    known: dict[tuple[object, ...], Completion] = {}
    answers = []
    for run in runs:
        who = run.contender
        begun = time.perf_counter()
        prompt = completer.prompt(hole, ARMS[who.arm], who.prompt_ids)
        same = (*prompt.ids, prompt.spell, *prompt.libraries, *prompt.document)
        is_timed = same not in known
        if is_timed:
            cache_key = f"{hole.document.name}/{who.name}"
            notebooks = completer.notebooks(hole.document)
            known[same] = await completer.complete(prompt, NEW_IDS[hole.task], cache_key, begun, notebooks)
        completion = known[same]
        answers.append(Answer(hole, completion, score(hole, completion.text, completion.tokens), is_timed))
        tick()
    for run, answer in zip(runs, answers, strict=True):  # all or none, so that every run has the same holes
        run.answers.append(answer)
