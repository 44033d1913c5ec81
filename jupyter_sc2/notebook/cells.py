"""A notebook split at the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct


class SourceCell(Struct, frozen=True):
    """One cell with its text, line ends as `\\n`. `sha` is the SHA-256 of the text as the page has it, if known."""

    id: str
    kind: Literal["code", "markdown", "raw"]
    source: str
    sha: str = ""


class Limits(Struct, frozen=True):
    """Bounds of a prompt, in token ids. The suffix is what follows the cursor, later cells included."""

    prompt_ids: int
    suffix_ids: int = 256


class Surroundings(Struct, frozen=True):
    """`before` and `after` are the cursor cell's own text on both sides; raw and empty cells are left out."""

    earlier: tuple[SourceCell, ...]
    before: str
    after: str
    later: tuple[SourceCell, ...]


def around(cells: Sequence[SourceCell], cursor_cell: int, offset: int) -> Surroundings:
    """Splits `cells` at `offset` code points into cell `cursor_cell`. Raises ValueError when it is outside."""
    source = cells[cursor_cell].source
    if not 0 <= offset <= len(source):
        raise ValueError(f"offset {offset} is outside the cell's {len(source)} characters")
    return Surroundings(
        earlier=tuple(filter(_is_shown, cells[:cursor_cell])),
        before=source[:offset],
        after=source[offset:],
        later=tuple(filter(_is_shown, cells[cursor_cell + 1 :])),
    )


def _is_shown(cell: SourceCell) -> bool:
    return cell.kind != "raw" and bool(cell.source.strip())
