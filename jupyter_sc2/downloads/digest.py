"""Whether bytes are those that the Hub announced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from jupyter_sc2.downloads.offer import File

PIECE_BYTES = 1 << 20


class Digest:
    """The sums of a file that comes in pieces. `size` counts what came."""

    def __init__(self, file: File) -> None:
        self.file, self.size = file, 0
        self._sha256 = hashlib.sha256()
        # git's object id covers a head with the size; it says whether the bytes are the announced, not who made them
        head = f"blob {file.size}\0".encode()
        self._git = None if len(file.etag) == 64 else hashlib.sha1(head, usedforsecurity=False)

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._sha256.update(piece)
        if self._git is not None:
            self._git.update(piece)

    def add_file(self, path: Path, report: Callable[[int], None] = lambda count: None) -> None:
        """Adds what is in a file, `report` hears how many bytes. Raises OSError."""
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                self.add(piece)
                report(len(piece))

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def is_right(self) -> bool:
        found = self.sha256 if self._git is None else self._git.hexdigest()
        return self.size == self.file.size and found == self.file.etag
