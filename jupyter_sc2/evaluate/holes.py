"""Which holes are asked: the same ones for the same files and seed, spread evenly over the files."""

from __future__ import annotations

import random
from collections.abc import Sequence

from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.tasks import TASKS, Hole, candidates


def punch(documents: Sequence[Document], seed: int, max_holes: int) -> list[Hole]:
    """At most `max_holes` of each task, those of one file together. A file's draw does not depend on the others."""
    found: list[Hole] = []
    for task in TASKS:
        rows = []
        for document in documents:
            chance = random.Random(f"{seed}/{task}/{document.name}")
            row = candidates(document, task, chance)
            chance.shuffle(row)
            rows.append(row)
        random.Random(f"{seed}/{task}").shuffle(rows)
        found += spread(rows, max_holes)
    place = {document.name: number for number, document in enumerate(documents)}
    return sorted(found, key=lambda hole: (place[hole.document.name], hole.cell, hole.start))


def spread(rows: Sequence[Sequence[Hole]], most: int) -> list[Hole]:
    """One of each row in turn, until there are `most` or none is left."""
    taken: list[Hole] = []
    for turn in range(max(map(len, rows), default=0)):
        for row in rows:
            if len(taken) == most:
                return taken
            if turn < len(row):
                taken.append(row[turn])
    return taken
