"""SHA-256 sums of large weights that were hashed before, by size and time of change: 12 GB take ten seconds to hash."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from jupyter_sc2.engine.folder import Report, check_sums

MOST = 100  # other folders that are remembered

State = list[tuple[str, int, int, int, int]]  # of each file: name, bytes, nanoseconds of two changes, number on disk


class _Known(msgspec.Struct, frozen=True):
    files: State
    sha256: str


class KnownSums:
    """In the file `path`. What cannot be read or written is as if it were not known."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, folder: Path, files: list[Path], report: Report) -> str:
        """What `check_sums` says, which is asked only when it is not known. Raises WeightsError."""
        digest = self.get(files)
        if digest is None:
            state = state_of(files)
            digest = check_sums(folder, files, report)
            self.put(files, digest, state)
        return digest

    def get(self, files: list[Path]) -> str | None:
        known = self._read().get(str(files[0].parent.resolve()))
        return known.sha256 if known and known.files == state_of(files) else None

    def put(self, files: list[Path], digest: str, state: State) -> None:
        """`state` is that of the files before they were hashed."""
        place = str(files[0].parent.resolve())
        others = [(name, known) for name, known in self._read().items() if name != place]
        known = dict([*others[-MOST:], (place, _Known(state, digest))])
        draft = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(known))
            draft.replace(self.path)
        except OSError:
            with suppress(OSError):
                draft.unlink()

    def _read(self) -> dict[str, _Known]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, _Known])
        except (OSError, msgspec.DecodeError):
            return {}


def state_of(files: list[Path]) -> State:
    """A file that is replaced under its old name and time still differs in its time of status change or its number."""
    found = [(path.name, path.stat()) for path in files]
    return [(name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for name, stat in found]
