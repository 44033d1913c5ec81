"""The file of context that stands before the cursor's cell: the kernel's names, then other cells, within a budget.

Cells go in whole. What is chosen depends on what ran and on the cursor's cell without its current line, and stands in
an order of its own, so that it holds still while a line is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import lru_cache

from msgspec import Struct

from jupyter_sc2.messages import MAX_VARIABLES, CellRun, NotebookState, Variable
from jupyter_sc2.notebook import Candidate, Policy, SourceCell, candidates, mask_secrets, names_of
from jupyter_sc2.prompt.kernel import kernel_block
from jupyter_sc2.prompt.script import BETWEEN, output_lines, script_cell

Ids = tuple[int, ...]
Encode = Callable[[str], Ids]

MAX_CHARS = 16  # characters for each id of room: text beyond is not even encoded, it would not fit
MAX_MISSES = 8  # cells in a row that do not fit: then the room counts as full
ERROR_MARK, ERROR_AGE = "{} %% [error]", 3  # told while it is one of so many last executions
KERNEL_IDS, KERNEL_SHARE = 320, 4  # the kernel's names get so many ids at most, and this part of the room


class Scene(Struct, frozen=True):
    """A notebook as the cursor sees it. `wanted` are names that its cell uses, `after` ids of cells that follow it."""

    cells: Sequence[SourceCell]
    cursor_cell: int
    wanted: frozenset[str]
    after: frozenset[str]
    state: NotebookState | None
    policy: Policy
    sign: str = "#"


class Piece(Struct, frozen=True):
    """Ids of a prompt and where they come from: `cell:<id>`, `kernel`, `error`, `before` and `after` the cursor."""

    origin: str
    ids: Ids


class Context(Struct, frozen=True):
    """`truncated`: there was more to show."""

    pieces: list[Piece]
    truncated: bool


def choose(scene: Scene, encode: Encode, room: int) -> Context:
    """At most `room` ids, the blank lines between pieces included."""
    ranked = scene.policy.cells == "execution"
    chosen, all_shown = (_by_rank if ranked else _nearest)(scene, encode, room)
    told = _kernel(scene, chosen, encode, min(KERNEL_IDS, room // KERNEL_SHARE))
    if told and sum(len(piece.ids) for _, piece in chosen) + len(told.ids) > room:
        chosen, all_shown = (_by_rank if ranked else _nearest)(scene, encode, room - len(told.ids))
        left = room - sum(len(piece.ids) for _, piece in chosen)
        told = _kernel(scene, chosen, encode, min(KERNEL_IDS, left))  # names of cells that gave way are told now
    left = room - sum(len(piece.ids) for _, piece in chosen) - (len(told.ids) if told else 0)
    failure = _error(scene, {cell.id for cell, _ in chosen}, encode, left)
    pieces = [*filter(None, (told,)), *(piece for _, piece in chosen), *filter(None, (failure,))]
    if pieces:
        blank = len(encode(BETWEEN + scene.sign)) - len(encode(scene.sign))
        pieces[0] = Piece(pieces[0].origin, pieces[0].ids[blank:])  # nothing before the first
    return Context(pieces, not all_shown)


def _nearest(scene: Scene, encode: Encode, room: int) -> tuple[list[tuple[SourceCell, Piece]], bool]:
    """The cells just above the cursor's that fit, in document order."""
    chosen: list[tuple[SourceCell, Piece]] = []
    for cell in reversed(scene.cells[: scene.cursor_cell]):
        if cell.kind == "raw" or not cell.source.strip():
            continue
        piece = _cell_piece(cell, None, scene.sign, encode, room)
        if piece is None:
            return chosen, False
        room -= len(piece.ids)
        chosen.insert(0, (cell, piece))
    return chosen, True


def _by_rank(scene: Scene, encode: Encode, room: int) -> tuple[list[tuple[SourceCell, Piece]], bool]:
    """The cells that matter most and fit: those below the cursor first, each part in document order."""
    ranked = candidates(scene.cells, scene.cursor_cell, scene.wanted, scene.state)
    failed = _last_failure(scene)
    chosen: list[tuple[Candidate, Piece]] = []
    misses = 0
    for one in ranked:
        if one.cell.id in scene.after:
            continue
        run = one.run if scene.policy.outputs else None
        piece = _cell_piece(one.cell, run, scene.sign, encode, room, tells_error=run is not None and run is failed)
        if piece is None:
            misses += 1
            if misses >= MAX_MISSES:
                break
            continue
        room -= len(piece.ids)
        chosen.append((one, piece))
    chosen.sort(key=lambda found: (found[0].index < scene.cursor_cell, found[0].index))
    return [(one.cell, piece) for one, piece in chosen], misses == 0


def _cell_piece(
    cell: SourceCell, run: CellRun | None, sign: str, encode: Encode, room: int, tells_error: bool = False
) -> Piece | None:
    """None when it does not fit."""
    if len(cell.source) > max(0, room) * MAX_CHARS:
        return None
    output, error = (run.output, run.error if tells_error else "") if run else ("", "")
    ids = encode(_cell_text(cell.kind, cell.source, output, error, sign))
    return Piece(f"cell:{cell.id}", ids) if len(ids) <= room else None


@lru_cache(maxsize=2048)
def _cell_text(kind: str, source: str, output: str, error: str, sign: str) -> str:
    """Secrets are masked in what a cell printed as well, before anything is cut: half a key is not recognised."""
    text = script_cell(kind, mask_secrets(source), sign)
    return BETWEEN + text + output_lines(mask_secrets(output), mask_secrets(error), sign)


def _last_failure(scene: Scene) -> CellRun | None:
    """What went wrong in one of the last executions: an older error has been dealt with."""
    latest = sorted(scene.state.runs if scene.state else [], key=lambda run: run.order)[-ERROR_AGE:]
    return next((run for run in reversed(latest) if run.error), None)


def _error(scene: Scene, shown: Container[str], encode: Encode, room: int) -> Piece | None:
    """The last error where the cell that failed is not shown with it: it may be the cursor's own."""
    failed = _last_failure(scene) if scene.policy.cells == "execution" and scene.policy.outputs else None
    if failed is None or failed.id in shown:
        return None
    ids = encode(BETWEEN + ERROR_MARK.format(scene.sign) + output_lines("", mask_secrets(failed.error), scene.sign))
    return Piece("error", ids) if len(ids) <= room else None


def _kernel(scene: Scene, chosen: Sequence[tuple[SourceCell, Piece]], encode: Encode, room: int) -> Piece | None:
    """The kernel's names; without a snapshot, as in other languages, those of cells that are not shown."""
    if not scene.policy.snapshot:
        return None
    shown = [*(cell for cell, _ in chosen), *(cell for cell in scene.cells if cell.id in scene.after)]
    seen = scene.wanted.union(*(names_of(cell.source).uses for cell in shown))
    snapshot = scene.state.snapshot if scene.state else None
    variables = snapshot.variables if snapshot else _defined(scene)
    blank = len(encode(BETWEEN + scene.sign)) - len(encode(scene.sign))
    text = kernel_block(variables, scene.wanted, seen, encode, room - blank, scene.sign)
    return Piece("kernel", encode(BETWEEN + text)) if text else None


def _defined(scene: Scene) -> list[Variable]:
    """Names that the notebook's own cells define, of unknown type: of those that ran, of those above if none did."""
    ran = {run.id for run in scene.state.runs} if scene.state else set()
    cells = [cell for cell in scene.cells if cell.id in ran] if ran else scene.cells[: scene.cursor_cell]
    own = scene.cells[scene.cursor_cell]  # in flux
    sources = [cell.source for cell in cells if cell.kind == "code" and cell is not own]
    names = dict.fromkeys(name for source in sources for name in sorted(names_of(source).defines))
    return [Variable(name, "") for name in list(names)[-MAX_VARIABLES:]]
