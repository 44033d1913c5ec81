"""The prompt for text in a Markdown cell or file: a structured notebook, left to right (arXiv:2402.19173, section 5).

Filling in the middle was trained on code alone, so what follows the cursor is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.notebook import Limits, SourceCell, around, mask_around
from jupyter_sc2.prompt.context import Piece
from jupyter_sc2.prompt.heal import split_last_piece
from jupyter_sc2.prompt.prefix import near, prefix_ids
from jupyter_sc2.prompt.structured import KIND_ID, START, Part, nearest_parts
from jupyter_sc2.tokenizer import Tokenizer

MIN_ROOM = 32  # ids for the cells above; what is typed gives way before


def prose(
    cells: Sequence[SourceCell], cursor_cell: int, offset: int, tokenizer: Tokenizer, limits: Limits, heals: bool
) -> tuple[list[Piece], str, bool]:
    """(pieces, what is typed but left out of them, whether anything was cut): `<jupyter_start>`, the nearest cells
    above that fit, `<jupyter_text>` and the cell up to the cursor. At most `limits.prompt_ids` ids."""
    view = around(cells, cursor_cell, offset)
    before, _ = mask_around(*near(view.before, view.after, limits.prompt_ids))
    before, spell = split_last_piece(before) if heals else (before, "")
    kept, cut = prefix_ids(before, tokenizer, limits.prompt_ids - MIN_ROOM)
    parts = [Part("code" if cell.kind == "code" else "text", cell.source) for cell in view.earlier]
    shown = nearest_parts(parts, tokenizer.encode_kept, limits.prompt_ids - 2 - len(kept))
    above = view.earlier[len(view.earlier) - len(shown) :]
    pieces = [Piece(f"cell:{cell.id}", tuple(ids)) for cell, ids in zip(above, shown, strict=True)]
    pieces = [Piece("start", (START,)), *pieces, Piece("before", (KIND_ID["text"], *kept))]
    return pieces, spell, cut or len(shown) < len(parts)
