"""The file of answers to licences: who, when, which version, accepted or refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from jupyter_sc2 import disk

MAX_ANSWERS, MAX_BYTES = 500, 1 << 20

Short = Annotated[str, Meta(max_length=256)]


class Answer(Struct, frozen=True):
    """`time` is ISO 8601 in UTC. An answer `for_server` is an administrator's, for everybody."""

    licence: Short
    version: Short
    who: Short
    time: Short
    accepted: bool
    for_server: bool = False


class _Record(Struct, frozen=True):
    answers: Annotated[list[Answer], Meta(max_length=MAX_ANSWERS)] = []
    schema_version: Literal[1] = 1


class Record:
    """In the file `path`. Read anew each time, so that a terminal and a server see each other's answers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Sequence[Answer]:
        """The oldest first; none where the file is absent or damaged."""
        return self._read() or ()

    def add(self, answer: Answer) -> None:
        """Keeps an answer beside the earlier ones. A damaged file is set aside first. Raises OSError."""
        with disk.alone(self.path.parent):
            known = self._read()
            if known is None:
                disk.set_aside(self.path)
            kept = _Record([*(known or []), answer][-MAX_ANSWERS:])
            disk.replace(self.path, msgspec.json.format(msgspec.json.encode(kept), indent=1))

    def _read(self) -> list[Answer] | None:
        """None for a file that holds no answers of this version. What cannot be read at all is as if it were empty."""
        try:
            with self.path.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=_Record).answers
        except OSError:
            return []
        except (msgspec.DecodeError, RecursionError):
            return None
