"""Answers to plain numbers, as `--json` writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jupyter_sc2 import __version__
from jupyter_sc2.evaluate.bootstrap import Mean, mean_of
from jupyter_sc2.evaluate.runs import Answer, Run
from jupyter_sc2.evaluate.scores import CLOSENESS, METRICS
from jupyter_sc2.evaluate.tasks import TASKS


def report(run: Run, seed: int) -> dict[str, Any]:
    """One contender: scores for each task that has holes, latency, and what was asked."""
    by_task = {task: [a for a in run.answers if a.hole.task == task] for task in TASKS}
    who, ready = run.contender, run.ready
    versions = {"jupyter_sc2": __version__, **(ready.versions if ready else {})}
    return {
        "tasks": {task: _task(answers, seed) for task, answers in by_task.items() if answers},
        "latency_ms": _latency(run.answers),
        "weights": who.weights,
        "weights_sha256": ready.weights_sha256 if ready else "",
        "precision": ready.precision if ready else "",
        "device": ready.device if ready else "",
        "arm": who.arm,
        "prompt_ids": who.prompt_ids,
        "prompt_ids_sent": quantiles([float(answer.completion.prompt_ids) for answer in run.answers]),
        "seed": seed,
        "files": len({answer.hole.document.group for answer in run.answers}),
        "versions": versions,
    }


def _task(answers: Sequence[Answer], seed: int) -> dict[str, Any]:
    means = {metric: _mean(answers, metric, seed) for metric in METRICS}
    return {
        "n": len(answers),
        **{metric: mean.mean if mean else None for metric, mean in means.items()},
        "ci95": {metric: list(mean.ci95) if mean else None for metric, mean in means.items()},
    }


def _mean(answers: Sequence[Answer], metric: str, seed: int) -> Mean | None:
    known = [a for a in answers if getattr(a.scores, metric) is not None]
    return mean_of([getattr(a.scores, metric) for a in known], [a.hole.document.group for a in known], seed)


def _latency(answers: Sequence[Answer]) -> dict[str, Any]:
    """To the first text (`p50`, `p95`) and to the end, asked one at a time; holes without any text have no first."""
    timed = [answer.completion for answer in answers if answer.is_timed]
    first = [one.first_ms for one in timed if one.first_ms is not None]
    end = quantiles([one.end_ms for one in timed])
    return {"n": len(timed), "silent": len(timed) - len(first), **quantiles(first), "end": end}


def quantiles(values: Sequence[float]) -> dict[str, float | None]:
    """Nearest ranks."""
    ordered = sorted(values)

    def at(share: float) -> float | None:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else None

    return {"p50": at(0.5), "p95": at(0.95)}


def differences(run: Run, other: Run, seed: int) -> dict[str, Any]:
    """`run` minus `other` on the holes that both answered, all tasks together (`pooled`) and each."""
    pairs = list(zip(run.answers, other.answers, strict=False))
    parts: dict[str, list[tuple[Answer, Answer]]] = {"pooled": pairs}
    for task in TASKS:
        parts[task] = [pair for pair in pairs if pair[0].hole.task == task]
    return {
        part: {metric: _difference(chosen, metric, seed) for metric in CLOSENESS}
        for part, chosen in parts.items()
        if chosen
    }


def _difference(pairs: Sequence[tuple[Answer, Answer]], metric: str, seed: int) -> dict[str, Any]:
    values = [getattr(a.scores, metric) - getattr(b.scores, metric) for a, b in pairs]
    mean = mean_of(values, [a.hole.document.group for a, _ in pairs], seed)
    assert mean is not None
    return {"mean": mean.mean, "ci95": list(mean.ci95), "n": mean.n}
