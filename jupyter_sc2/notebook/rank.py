"""Which cells matter at the cursor, by what the kernel ran: definitions, recency, nearness; stale ones ranked down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from jupyter_sc2.messages import CellRun, NotebookState
from jupyter_sc2.notebook.cells import SourceCell
from jupyter_sc2.notebook.names import Names, names_of

# Tried on lived-in notebooks with `jupyter_sc2.tune.likelihood`: factors of two made no difference.
ABOVE, NEAR, NEAR_FADES = 4.0, 2.0, 0.8
RECENT, RECENT_FADES = 2.0, 0.85
DEFINES, DEFINES_AT_MOST, SHARES = 1.5, 3, 0.3
HEADING = 0.5
NEVER_RUN, FAILED, EDITED, OUTDATED, REPLACED, BELOW = -1.0, -2.0, -1.0, -0.7, -1.5, -1.0


class Candidate(Struct, frozen=True):
    """A cell that may be shown. `index` is its place in the notebook; a higher `score` matters more."""

    cell: SourceCell
    index: int
    run: CellRun | None
    score: float


def candidates(
    cells: Sequence[SourceCell], cursor_cell: int, wanted: frozenset[str], state: NotebookState | None
) -> list[Candidate]:
    """The cells above the cursor's, and those below it that ran, the most important first.

    `wanted` are the names that the cursor's cell uses. Without a state, or where nothing has run, as if the notebook
    had run from top to bottom.
    """
    runs = {run.id: run for run in state.runs} if state else {}
    last_change = _last_changes([*cells[:cursor_cell], *cells[cursor_cell + 1 :]], runs)  # the cursor's cell is in flux
    age = {name: place for place, name in enumerate(sorted(runs, key=lambda one: -runs[one].order))}
    found = []
    for index, cell in enumerate(cells):
        run = runs.get(cell.id)
        if index == cursor_cell or cell.kind == "raw" or not cell.source.strip() or (index > cursor_cell and not run):
            continue
        score = _nearness(index, cursor_cell) + _use(names_of(cell.source), wanted)
        if cell.kind == "code":
            score += RECENT * RECENT_FADES ** age[cell.id] if run else NEVER_RUN if runs else 0.0
            score += _staleness(cell, run, last_change)
        elif cell.source.lstrip().startswith("#"):
            score += HEADING
        found.append(Candidate(cell, index, run, score))
    return sorted(found, key=lambda one: (-one.score, one.index))


def wanted_names(before: str, after: str) -> frozenset[str]:
    """Names in the cursor's cell without its current line, so that they hold still while a line is typed."""
    above, below = before[: before.rfind("\n") + 1], after.partition("\n")[2]
    return names_of(above).uses | names_of(below).uses


def _last_changes(cells: Sequence[SourceCell], runs: Mapping[str, CellRun]) -> dict[str, int]:
    """For each name the execution count at which a cell last defined it."""
    last: dict[str, int] = {}
    for cell in cells:
        if cell.kind == "code" and (run := runs.get(cell.id)):
            for name in names_of(cell.source).defines:
                last[name] = max(last.get(name, 0), run.order)
    return last


def _nearness(index: int, cursor_cell: int) -> float:
    """Falls with the distance above the cursor; what is below it counts for less."""
    distance = cursor_cell - index
    if distance < 0:
        return BELOW + NEAR * NEAR_FADES ** (2 - distance)
    return (ABOVE if distance == 1 else 0.0) + NEAR * NEAR_FADES**distance


def _use(names: Names, wanted: frozenset[str]) -> float:
    defined = len((names.defines | names.changes) & wanted)
    return DEFINES * min(defined, DEFINES_AT_MOST) + SHARES * min(len(names.uses & wanted), DEFINES_AT_MOST)


def _staleness(cell: SourceCell, run: CellRun | None, last_change: Mapping[str, int]) -> float:
    """Below 0 where the cell does not say what the kernel did."""
    if run is None:
        return 0.0
    names = names_of(cell.source)
    score = FAILED if run.error else 0.0
    if run.sha and cell.sha and run.sha != cell.sha:
        score += EDITED
    if any(last_change.get(name, 0) > run.order for name in names.uses - names.defines):
        score += OUTDATED
    if names.defines and all(last_change.get(name, 0) > run.order for name in names.defines):
        score += REPLACED
    return score
