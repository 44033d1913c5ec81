"""SHA-256 sums of large weights that were hashed before, by size and time of change: 12 GB take ten seconds to hash."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class _Known(msgspec.Struct, frozen=True):
    files: list[tuple[str, int, int]]  # name, bytes, nanoseconds
    sha256: str


class KnownSums:
    """In the file `path`. What cannot be read or written is as if it were not known."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, files: list[Path]) -> str | None:
        known = self._read().get(str(files[0].parent.resolve()))
        return known.sha256 if known and known.files == _state(files) else None

    def put(self, files: list[Path], digest: str) -> None:
        known = {**self._read(), str(files[0].parent.resolve()): _Known(_state(files), digest)}
        draft = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(known))
            draft.replace(self.path)
        except OSError:
            draft.unlink(missing_ok=True)

    def _read(self) -> dict[str, _Known]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, _Known])
        except (OSError, msgspec.DecodeError):
            return {}


def _state(files: list[Path]) -> list[tuple[str, int, int]]:
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
