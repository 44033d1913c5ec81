"""The whole result of a command: the content of `--json`, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_sc2.evaluate.contenders import QUESTIONS
from jupyter_sc2.evaluate.report import differences, report
from jupyter_sc2.evaluate.runs import Run
from jupyter_sc2.evaluate.table import differences_table, report_table


def result(runs: Sequence[Run], seed: int, ablates: bool) -> dict[str, Any]:
    """A report; several and the first's `differences`; or `arms`, once for each budget if there are several."""
    if ablates:
        by_budget: dict[int, dict[str, Run]] = {}
        for run in runs:
            by_budget.setdefault(run.contender.prompt_ids, {})[run.contender.arm] = run
        made = {ids: _ablation(arms, seed) for ids, arms in by_budget.items()}
        return {"budgets": {str(ids): one for ids, one in made.items()}} if len(made) > 1 else made.popitem()[1]
    if len(runs) == 1:
        return report(runs[0], seed)
    first, *others = runs
    return {
        "reports": {run.contender.name: report(run, seed) for run in runs},
        "differences": {f"{first.contender.name}-{o.contender.name}": differences(first, o, seed) for o in others},
    }


def _ablation(arms: dict[str, Run], seed: int) -> dict[str, Any]:
    return {
        "arms": {arm: report(run, seed) for arm, run in arms.items()},
        "differences": {f"{a}-{b}": differences(arms[a], arms[b], seed) for a, b in QUESTIONS},
    }


def text_of(result: dict[str, Any]) -> str:
    if "budgets" in result:
        parts = [f"Prompts of at most {ids} token ids\n\n{text_of(one)}" for ids, one in result["budgets"].items()]
        return "\n\n".join(parts)
    if "tasks" in result:
        return report_table(result)
    reports = result.get("arms") or result["reports"]
    parts = [f"{name}\n{report_table(one)}" for name, one in reports.items()]
    parts += [
        f"{name}, in points of 100, with 95% intervals (* leaves out zero)\n{differences_table(one)}"
        for name, one in result["differences"].items()
    ]
    return "\n\n".join(parts)
