"""One request in words, with the notebook before it and a check of what its answer did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import cleandoc

from msgspec import Struct


class Request(Struct, frozen=True):
    """`files` lie beside the notebook: text by path. `check` is Python whose asserts may use what `found.py` offers."""

    name: str
    words: str
    check: str
    cells: tuple[str, ...]
    files: dict[str, str]


def request(
    name: str, words: str, check: str, cells: Sequence[str] = (), files: Mapping[str, str] | None = None
) -> Request:
    """Sources may be indented as they stand."""
    return Request(name, cleandoc(words), cleandoc(check), tuple(map(cleandoc, cells)), dict(files or {}))
