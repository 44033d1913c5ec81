"""The sources of notebook cells, kept by their SHA-256 so that a keystroke's body need not repeat them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Cell
from jupyter_sc2.notebook import SourceCell

MAX_STORE_BYTES = 64 << 20
MAX_STORE_ENTRIES = 20_000
MAX_NOTEBOOK_BYTES = 8 << 20


class CellsMissing(Sc2Error):
    """The server does not know the sources of these cells; the client repeats the request with them."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("need_cells", f"{len(missing)} cells are not known here.", "Send their sources.", status=409)
        self.missing = missing


class CellStore:
    """Sources by (client_id, sha), the least recently used dropped first. Sizes count UTF-8 bytes."""

    def __init__(self, max_bytes: int = MAX_STORE_BYTES, max_entries: int = MAX_STORE_ENTRIES) -> None:
        self.max_bytes, self.max_entries = max_bytes, max_entries
        self.size = 0
        self._sources: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()

    def resolve(self, client_id: str, cells: Sequence[Cell]) -> list[SourceCell]:
        """`cells` with their sources, new ones remembered.

        Raises CellsMissing, or Sc2Error when a source is not the one its sha names or all are too large together.
        """
        try:
            for cell in cells:
                if cell.source is not None:
                    self._keep(client_id, cell.sha, cell.source)
            found = [self._recall(client_id, cell) for cell in cells]
        finally:
            self._shrink()
        missing = dict.fromkeys(cell.sha for cell, known in zip(cells, found, strict=True) if known is None)
        if missing:
            raise CellsMissing(list(missing))
        known_cells = [known for known in found if known is not None]
        if sum(size for _, size in known_cells) > MAX_NOTEBOOK_BYTES:
            limit = MAX_NOTEBOOK_BYTES >> 20
            raise Sc2Error("too_large", f"`cells` must hold at most {limit} MiB of source together.", status=422)
        return [SourceCell(cell.id, cell.kind, source) for cell, (source, _) in zip(cells, known_cells, strict=True)]

    def _keep(self, client_id: str, sha: str, source: str) -> None:
        if (client_id, sha) in self._sources and self._sources[client_id, sha][0] == source:
            return
        encoded = source.encode()
        if hashlib.sha256(encoded).hexdigest() != sha:
            raise Sc2Error("bad_value", "`sha` must be the SHA-256 of the cell's `source` in UTF-8.", status=422)
        self._sources[client_id, sha] = source, len(encoded)
        self.size += len(encoded)

    def _recall(self, client_id: str, cell: Cell) -> tuple[str, int] | None:
        key = client_id, cell.sha
        known = self._sources.get(key)
        if known is not None:
            self._sources.move_to_end(key)
        return known

    def _shrink(self) -> None:
        while self.size > self.max_bytes or len(self._sources) > self.max_entries:
            _, (_, size) = self._sources.popitem(last=False)
            self.size -= size
