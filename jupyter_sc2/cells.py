"""Cell sources and notebook states, kept by their SHA-256 so that a keystroke's body need not repeat them."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Cell, NotebookState, OpenFile, StateRef
from jupyter_sc2.notebook import SourceCell

MAX_STORE_BYTES = 64 << 20
MAX_STORE_ENTRIES = 20_000
MAX_NOTEBOOK_BYTES = 8 << 20
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # as JSON text spells it


class CellsMissing(Sc2Error):
    """The server does not know the sources of these cells; the client repeats the request with them."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("need_cells", f"{len(missing)} cells are not known here.", "Send their sources.", status=409)
        self.missing = missing


class Resolved(NamedTuple):
    """A notebook in full, as a request names it; `beside` are other open ones."""

    cells: list[SourceCell]
    state: NotebookState | None
    beside: tuple[OpenFile, ...]


class CellStore:
    """Sources by (client_id, sha), the least recently used dropped first. Sizes count UTF-8 bytes."""

    def __init__(self, max_bytes: int = MAX_STORE_BYTES, max_entries: int = MAX_STORE_ENTRIES) -> None:
        self.max_bytes, self.max_entries = max_bytes, max_entries
        self.size = 0
        self._sources: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()

    def resolve(
        self, client_id: str, cells: Sequence[Cell], state: StateRef | None = None, beside: Sequence[StateRef] = ()
    ) -> Resolved:
        """Everything in full, what is new remembered.

        Raises CellsMissing, or Sc2Error when a source is not the one its sha names, all are too large together, or
        `state` or `beside` are none.
        """
        named: list[Cell | StateRef] = [*cells, *beside, *([state] if state else [])]
        try:
            for one in named:
                if one.source is not None:
                    self._keep(client_id, one.sha, one.source)
            found = [self._recall(client_id, one.sha) for one in named]
        finally:
            self._shrink()
        missing = dict.fromkeys(one.sha for one, known in zip(named, found, strict=True) if known is None)
        if missing:
            raise CellsMissing(list(missing))
        known_sources = [known for known in found if known is not None]
        if sum(size for _, size in known_sources) > MAX_NOTEBOOK_BYTES:
            limit = MAX_NOTEBOOK_BYTES >> 20
            raise Sc2Error("too_large", f"`cells` must hold at most {limit} MiB of source together.", status=422)
        sources = [source for source, _ in known_sources]
        others = sources[len(cells) : len(cells) + len(beside)]
        return Resolved(
            [SourceCell(cell.id, cell.kind, source, cell.sha) for cell, source in zip(cells, sources, strict=False)],
            _read_state(sources[-1]) if state else None,
            tuple(map(_read_file, others)),
        )

    def _keep(self, client_id: str, sha: str, source: str) -> None:
        if (client_id, sha) in self._sources and self._sources[client_id, sha][0] == source:
            return
        encoded = source.encode()
        if hashlib.sha256(encoded).hexdigest() != sha:
            raise Sc2Error("bad_value", "`sha` must be the SHA-256 of its `source` in UTF-8.", status=422)
        self._sources[client_id, sha] = source, len(encoded)
        self.size += len(encoded)

    def _recall(self, client_id: str, sha: str) -> tuple[str, int] | None:
        key = client_id, sha
        known = self._sources.get(key)
        if known is not None:
            self._sources.move_to_end(key)
        return known

    def _shrink(self) -> None:
        while self.size > self.max_bytes or len(self._sources) > self.max_entries:
            _, (_, size) = self._sources.popitem(last=False)
            self.size -= size


@lru_cache(maxsize=64)  # once for each state, not once for each keystroke
def _read_state(text: str) -> NotebookState:
    try:
        return msgspec.json.decode(_without_nul(text), type=NotebookState)
    except (msgspec.DecodeError, RecursionError):
        raise Sc2Error("bad_value", "`state` must be a NotebookState as JSON text.", status=422) from None


@lru_cache(maxsize=64)
def _read_file(text: str) -> OpenFile:
    try:
        return msgspec.json.decode(_without_nul(text), type=OpenFile)
    except (msgspec.DecodeError, RecursionError):
        raise Sc2Error("bad_value", "`beside` must be OpenFiles as JSON text.", status=422) from None


def _without_nul(text: str) -> str:
    """A body may hold no NUL, but what a cell printed may: refused, it would end ghost text in its notebook."""
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text
