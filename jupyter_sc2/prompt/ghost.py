"""The prompt for ghost text: earlier cells as a file of context, then the cursor's cell filled in the middle.

`<file_sep>{earlier cells}<file_sep>{fim of: cursor's cell, later cells}`. What changes least stands first, so that
a keystroke, and a cursor that moves within its cell, leave the cached beginning as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from jupyter_sc2.messages import NotebookState
from jupyter_sc2.notebook import EXECUTION_AWARE, Limits, Policy, SourceCell, Surroundings, around, without_secrets
from jupyter_sc2.prompt import fim
from jupyter_sc2.prompt.heal import split_last_piece
from jupyter_sc2.prompt.script import BETWEEN, CODE_MARK, script_cell
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

Encode = Callable[[str], tuple[int, ...]]

# Every special id ends a completion but the last four: <NAME>, <EMAIL>, <KEY> and <PASSWORD> stand for text.
STOP_IDS = tuple(range(len(SPECIAL_TOKENS) - 4))
STEP = 256  # ids; room is kept in such steps, so that the choice of cells holds still while the user types
STEP_CHARS = 1024
MAX_CHARS = 16  # characters for each id of room: text beyond is not even encoded, it would not fit


class Prompt(Struct, frozen=True):
    """`line_prefix` and `suffix` are the text before the cursor on its line and after it in its cell.

    `spell` is typed text that the ids leave out and the answer must begin with; it is not shown again.
    """

    ids: list[int]
    truncated: bool
    line_prefix: str
    suffix: str
    language: str = "python"
    spell: str = ""
    stop_ids: tuple[int, ...] = STOP_IDS


def build(
    cells: Sequence[SourceCell],
    cursor_cell: int,
    offset: int,
    tokenizer: Tokenizer,
    limits: Limits,
    order: Literal["spm", "psm"],
    language: str = "python",
    heals: bool = False,
    state: NotebookState | None = None,
    policy: Policy = EXECUTION_AWARE,
) -> Prompt:
    """Raises ValueError when the cursor is outside its cell. Never longer than `limits.prompt_ids`.

    With `heals` the ids end at a border between tokens, before the word at the cursor.
    """
    if policy.cells == "none":
        cells, cursor_cell = [cells[cursor_cell]], 0
    shown = around(cells, cursor_cell, offset)
    view = without_secrets(shown)
    before, spell = split_last_piece(view.before) if heals else (view.before, "")
    encode = tokenizer.encode_kept
    suffix, suffix_cut = _suffix(view, encode, min(limits.suffix_ids, limits.prompt_ids // 4))
    prefix, prefix_cut = _prefix(before, tokenizer, limits.prompt_ids - len(suffix) - 8)
    room = limits.prompt_ids - 8 - _rounded_up(len(prefix) + len(suffix))
    context, context_cut = _context(view.earlier, encode, room)
    return Prompt(
        ids=[*context, *fim.ORDERS[order](prefix, suffix)],
        truncated=suffix_cut or prefix_cut or context_cut,
        line_prefix=shown.before[shown.before.rfind("\n") + 1 :],
        suffix=shown.after,
        language=language,
        spell=spell,
    )


def _rounded_up(count: int) -> int:
    return -(-count // STEP) * STEP


def _suffix(view: Surroundings, encode: Encode, limit: int) -> tuple[list[int], bool]:
    """Ids of the rest of the cell, cut at a line end, then of whole later cells while they fit."""
    after = view.after.rstrip()[: limit * MAX_CHARS]
    ids = list(encode(after))
    while len(ids) > limit:
        cut = after.rfind("\n")
        if cut < 0:
            return ids[:limit], True
        after = after[: min(cut, len(after) * limit // len(ids) + 1)]
        ids = list(encode(after))
    if len(after) < len(view.after.rstrip()):
        return ids, True
    for cell in view.later:
        if len(cell.source) > limit * MAX_CHARS:
            return ids, True
        piece = encode(BETWEEN + script_cell(cell.kind, cell.source))
        if len(ids) + len(piece) > limit:
            return ids, True
        ids += piece
    return ids, False


def _prefix(before: str, tokenizer: Tokenizer, limit: int) -> tuple[list[int], bool]:
    """Ids of the cell up to the cursor. A cell that is too long loses its first lines, a fixed step at a time."""
    text = CODE_MARK + before
    start = 0
    if len(text) > limit * MAX_CHARS:
        start = (len(text) - limit * MAX_CHARS) // STEP_CHARS * STEP_CHARS
    while True:
        cut = (text.find("\n", start) + 1 or start) if start else 0
        ids = tokenizer.encode(text[cut:])
        if len(ids) <= limit:
            return ids, start > 0
        if start + STEP_CHARS >= len(text):
            return ids[-limit:], True
        surplus = (len(ids) - limit) * (len(text) - cut) // len(ids)  # characters, about
        start += max(STEP_CHARS, surplus // STEP_CHARS * STEP_CHARS)


def _context(earlier: Sequence[SourceCell], encode: Encode, room: int) -> tuple[list[int], bool]:
    """`<file_sep>` and the ids of the nearest earlier cells that fit, whole and in document order."""
    pieces: list[tuple[int, ...]] = []
    room -= 3  # the separator and the last blank line
    for cell in reversed(earlier):
        if len(cell.source) > max(0, room) * MAX_CHARS:
            break
        piece = encode(BETWEEN + script_cell(cell.kind, cell.source))
        if len(piece) > room:
            break
        room -= len(piece)
        pieces.insert(0, piece)
    if not pieces:
        return [], bool(earlier)
    start = earlier[len(earlier) - len(pieces)]
    pieces[0] = encode(script_cell(start.kind, start.source))
    ids = [fim.FILE_SEP, *(token_id for piece in pieces for token_id in piece), *encode(BETWEEN)]
    return ids, len(pieces) < len(earlier)
