"""The prompt for ghost text: other cells as a file of context, then the cursor's cell filled in the middle.

`<file_sep>{the kernel's names, other cells}<file_sep>{fim of: cursor's cell, later cells}`. What changes least stands
first, so that a keystroke, and a cursor that moves within its cell, leave the cached beginning as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from jupyter_sc2.messages import NotebookState
from jupyter_sc2.notebook import (
    EXECUTION_AWARE,
    ContextFile,
    Limits,
    Policy,
    SourceCell,
    Surroundings,
    around,
    imported_libraries,
    mask_around,
    mask_secrets,
    wanted_names,
)
from jupyter_sc2.prompt import fim
from jupyter_sc2.prompt.context import Context, Piece, Scene, choose
from jupyter_sc2.prompt.files import beside
from jupyter_sc2.prompt.heal import split_last_piece
from jupyter_sc2.prompt.prefix import MAX_CHARS, near, prefix_ids
from jupyter_sc2.prompt.prose import prose
from jupyter_sc2.prompt.script import BETWEEN, code_mark, comment_sign, script_cell
from jupyter_sc2.prompt.stop import STOP_IDS
from jupyter_sc2.tokenizer import Tokenizer

Encode = Callable[[str], tuple[int, ...]]

STEP = 256  # ids; room is kept in such steps, so that the choice of cells holds still while the user types;
STEPS = 8  # but never in larger ones than this part of the prompt
FILES_SHARE = 6  # files beside get so large a part of the prompt at most
MAX_NAME = 40  # characters of the path that a prompt shows, its last
DOCUMENT_IDS = 16_384  # of the other cells that are looked up rather than read
DOCUMENT_CHARS = 4096  # of one of them: longer ones hold data, and would be encoded at each keystroke
OVERHEAD = 8  # ids: sentinels, and the last blank line of the file of context


class Prompt(Struct, frozen=True):
    """`prefix` and `suffix` are the text before and after the cursor in its cell.

    `spell` is typed text that the ids leave out and the answer must begin with; it is not shown again. `pieces` say
    where the ids come from, in the prompt's order but for sentinels. `libraries` are those that the notebook imports.
    Where a prompt does not show every cell, `document` are the other code cells' ids, with `<file_sep>` after each.
    """

    ids: list[int]
    truncated: bool
    prefix: str
    suffix: str
    language: str = "python"
    spell: str = ""
    stop_ids: tuple[int, ...] = STOP_IDS
    pieces: tuple[Piece, ...] = ()
    libraries: tuple[str, ...] = ()
    document: tuple[int, ...] = ()

    @property
    def line_prefix(self) -> str:
        """The text before the cursor on its line."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]


class Style(Struct, frozen=True):
    """How weights want to be asked. With `heals` the ids end at a border between tokens, before the cursor's word."""

    order: Literal["spm", "psm"]
    heals: bool = False


class Subject(Struct, frozen=True):
    """What is completed: `offset` code points into cell `cursor_cell`. A file of text (`is_file`) is one cell.

    `files` are shown beside it, by their paths; then `path` names the notebook or file itself.
    """

    cells: Sequence[SourceCell]
    cursor_cell: int
    offset: int
    language: str = "python"
    state: NotebookState | None = None
    is_file: bool = False
    path: str = ""
    files: tuple[ContextFile, ...] = ()


def build(
    subject: Subject, tokenizer: Tokenizer, limits: Limits, style: Style, policy: Policy = EXECUTION_AWARE
) -> Prompt:
    """Raises ValueError when the cursor is outside its cell. Never longer than `limits.prompt_ids`."""
    cells, cursor_cell = subject.cells, subject.cursor_cell
    if policy.cells == "none":
        cells, cursor_cell = [cells[cursor_cell]], 0
    if cells[cursor_cell].kind == "markdown" or (subject.is_file and subject.language == "markdown"):
        return _text(cells, cursor_cell, subject.offset, tokenizer, limits, style)
    shown, sign = around(cells, cursor_cell, subject.offset), comment_sign(subject.language)
    before, after = mask_around(*near(shown.before, shown.after, limits.prompt_ids))
    before, spell = split_last_piece(before) if style.heals else (before, "")
    encode = tokenizer.encode_kept
    files = beside(subject.files, tokenizer, limits.prompt_ids // FILES_SHARE) if policy.cells == "execution" else []
    head, scripts = _names_of_files(subject) if files else ("", "")
    mark = head + ("" if subject.is_file else code_mark(sign))
    suffix, suffix_cut = _suffix(after, shown, encode, min(limits.suffix_ids, limits.prompt_ids // 4), sign)
    prefix, prefix_cut = prefix_ids(mark + before, tokenizer, limits.prompt_ids - 8 - _count(suffix) - _count(files))
    step = min(STEP, limits.prompt_ids // STEPS)
    taken = OVERHEAD + len(encode(scripts)) + _count(files) + _rounded_up(len(prefix) + _count(suffix), step)
    room = limits.prompt_ids - 8 - taken
    later = frozenset(piece.origin.partition(":")[2] for piece in suffix[1:])
    wanted = wanted_names(shown.before, shown.after)
    scene = Scene(cells, cursor_cell, wanted, later, subject.state, policy, sign)
    context = choose(scene, encode, room)
    middle = fim.ORDERS[style.order](prefix, [i for piece in suffix for i in piece.ids])
    truncated = suffix_cut or prefix_cut or context.truncated
    return Prompt(
        ids=[*(i for piece in files for i in piece.ids), *_file(context, encode(scripts), encode), *middle],
        truncated=truncated,
        prefix=shown.before,
        suffix=shown.after,
        language=subject.language,
        spell=spell,
        pieces=(*files, *context.pieces, *_in_order(Piece("before", tuple(prefix)), suffix, style.order)),
        libraries=imported_libraries(cells, subject.state) if subject.language == "python" else (),
        document=_document(cells, cursor_cell, encode) if truncated else (),
    )


def _document(cells: Sequence[SourceCell], cursor_cell: int, encode: Encode) -> tuple[int, ...]:
    """The code cells but the cursor's, at most DOCUMENT_IDS: the nearest ones, in their order."""
    near = sorted(range(len(cells)), key=lambda index: abs(index - cursor_cell))
    found: dict[int, list[int]] = {}
    room = DOCUMENT_IDS
    for index in near:
        if index != cursor_cell and cells[index].kind == "code" and len(cells[index].source) <= DOCUMENT_CHARS:
            ids = [*encode(mask_secrets(cells[index].source)), fim.FILE_SEP]
            if len(ids) > room:
                break
            room -= len(ids)
            found[index] = ids
    return tuple(token_id for index in sorted(found) for token_id in found[index])


def _text(
    cells: Sequence[SourceCell], cursor_cell: int, offset: int, tokenizer: Tokenizer, limits: Limits, style: Style
) -> Prompt:
    pieces, spell, cut = prose(cells, cursor_cell, offset, tokenizer, limits, style.heals)
    shown = around(cells, cursor_cell, offset)
    return Prompt(
        ids=[i for piece in pieces for i in piece.ids],
        truncated=cut,
        prefix=shown.before,
        suffix=shown.after,
        language="markdown",
        spell=spell,
        pieces=tuple(pieces),
    )


def _names_of_files(subject: Subject) -> tuple[str, str]:
    """First lines of the cursor's file and of the other cells'. Either all files of a prompt carry a path, or none."""
    stem, dot, ending = mask_secrets(subject.path)[-MAX_NAME:].rpartition(".")
    if subject.is_file or not stem:
        return f"{stem}{dot}{ending or 'untitled.py'}\n", ""
    return f"{stem}.py\n", f"{stem}_cells.py\n"


def _count(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.ids) for piece in pieces)


def _rounded_up(count: int, step: int) -> int:
    return -(-count // step) * step


def _in_order(before: Piece, after: list[Piece], order: Literal["spm", "psm"]) -> tuple[Piece, ...]:
    return (*after, before) if order == "spm" else (before, *after)


def _file(context: Context, name: Sequence[int], encode: Encode) -> list[int]:
    """`<file_sep>`, its path if files have any, the ids of the pieces and a blank line; nothing for nothing."""
    ids = [token_id for piece in context.pieces for token_id in piece.ids]
    return [fim.FILE_SEP, *name, *ids, *encode(BETWEEN)] if ids else []


def _suffix(after: str, view: Surroundings, encode: Encode, limit: int, sign: str) -> tuple[list[Piece], bool]:
    """The rest of the cell, cut at a line end, then whole later cells while they fit: at most `limit` ids."""
    whole = after.rstrip()
    kept = whole[: limit * MAX_CHARS]
    ids = encode(kept)
    while len(ids) > limit:
        cut = kept.rfind("\n")
        if cut < 0:
            return [Piece("after", ids[:limit])], True
        about = min(cut, len(kept) * limit // len(ids) + 1)
        kept = kept[: max(kept.rfind("\n", 0, about + 1), 0) or about]
        ids = encode(kept)
    pieces = [Piece("after", ids)]
    if len(kept) < len(whole):
        return pieces, True
    room = limit - len(ids)
    for cell in view.later:
        if len(cell.source) > limit * MAX_CHARS:
            return pieces, True
        ids = encode(BETWEEN + script_cell(cell.kind, mask_secrets(cell.source), sign))
        if len(ids) > room:
            return pieces, True
        room -= len(ids)
        pieces.append(Piece(f"later:{cell.id}", ids))
    return pieces, False
