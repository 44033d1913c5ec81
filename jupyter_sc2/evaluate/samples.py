"""Every hole with what it hid and what was suggested, for people who want to look rather than count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from msgspec import structs

from jupyter_sc2.evaluate.runs import Run

BEFORE = 200  # characters of the cell before the cursor


def samples(runs: Sequence[Run]) -> Iterator[str]:
    """A line of JSON for each answer. It holds text of the notebooks."""
    for run in runs:
        for answer in run.answers:
            hole, done = answer.hole, answer.completion
            cell = hole.document.cells[hole.cell]
            content = {
                "by": run.contender.name,
                "task": hole.task,
                "file": hole.document.name,
                "cell": cell.id,
                "offset": hole.start,
                "before": cell.source[max(0, hole.start - BEFORE) : hole.start],
                "hidden": hole.hidden,
                "suggested": done.text,
                "prompt_ids": done.prompt_ids,
                **structs.asdict(answer.scores),
            }
            yield json.dumps(content, ensure_ascii=False)
