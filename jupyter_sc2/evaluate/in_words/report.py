"""Numbers of a run: how many answers parse, run and pass, with an interval, by topic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from jupyter_sc2.evaluate.in_words.request import Request
from jupyter_sc2.evaluate.table import aligned

Z = 1.959964  # of a normal distribution, 95% lie within so many deviations


class Answer(Struct, frozen=True):
    """One request's code and what became of it; `reason` says why it did not pass."""

    request: Request
    topic: str
    code: str
    parsed: bool
    ran: bool
    passed: bool
    reason: str


def report(answers: Sequence[Answer], seconds: float, weights: Mapping[str, Any]) -> dict[str, Any]:
    topics = dict.fromkeys(answer.topic for answer in answers)
    passed = sum(answer.passed for answer in answers)
    return {
        **weights,
        **_counts(answers),
        "ci95": wilson(passed, len(answers)),
        "by_topic": {topic: _counts([one for one in answers if one.topic == topic]) for topic in topics},
        "seconds": round(seconds, 1),
        "requests": [
            {"name": one.request.name, "topic": one.topic, "passed": one.passed, "reason": one.reason, "code": one.code}
            for one in answers
        ],
    }


def wilson(passed: int, n: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share: it has a width also where none passed, or all."""
    if n == 0:
        return 0.0, 1.0
    share = passed / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + (Z / (2 * n)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def text_of(made: Mapping[str, Any]) -> str:
    low, high = made["ci95"]
    rows = [["topic", "requests", "parsed", "ran", "passed"]]
    rows += [_row(topic, counts) for topic, counts in made["by_topic"].items()]
    rows.append(_row("all", made))
    share = 100 * made["passed"] / made["n"]
    return (
        f"{aligned(rows)}\n{made['passed']} of {made['n']} requests answered: {share:.1f}% "
        f"({100 * low:.1f} to {100 * high:.1f}), in {made['seconds']:.0f} s"
    )


def _counts(answers: Sequence[Answer]) -> dict[str, int]:
    return {
        "n": len(answers),
        "parsed": sum(answer.parsed for answer in answers),
        "ran": sum(answer.ran for answer in answers),
        "passed": sum(answer.passed for answer in answers),
    }


def _row(name: str, counts: Mapping[str, Any]) -> list[str]:
    return [name, *(str(counts[column]) for column in ("n", "parsed", "ran", "passed"))]
