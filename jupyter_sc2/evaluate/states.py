"""What a kernel would know of a notebook at the hole."""

from __future__ import annotations

from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.messages import CellRun, NotebookState


def state_at(hole: Hole) -> NotebookState:
    """A lived-in notebook's own state; else that of a run from the top to just before the hole's cell."""
    document = hole.document
    if document.state is not None:
        return document.state
    above = list(zip(document.cells, document.outputs, strict=True))[: hole.cell]
    ran = [(cell, output) for cell, output in above if cell.kind == "code" and cell.source.strip()]
    return NotebookState(
        [CellRun(cell.id, order, cell.sha, output.text, output.error) for order, (cell, output) in enumerate(ran, 1)]
    )
