"""Families of requests, read from `families/*.txt`: wordings, then `--` and the code that answers them.

== title [@scene] [@flag]
wordings, one a line, with `$slots` and `[alternatives|]`
++
code that the notebook has run before (optional)
--
the answer
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from string import Template

from msgspec import Struct

_SLOT = re.compile(r"\$\{?([a-z_]\w*)", re.IGNORECASE)


class Family(Struct, frozen=True, dict=True):
    """`scene` names what the notebook before it holds; empty: as the slots of the answer ask for."""

    title: str
    group: str
    scene: str
    flags: frozenset[str]
    asks: tuple[str, ...]
    setup: str
    answer: str

    @cached_property
    def slots(self) -> frozenset[str]:
        return slots_of(self.answer) | slots_of(self.setup)

    @cached_property
    def changes_table(self) -> bool:
        """Whether a later request would find another table than before."""
        return bool(re.search(r"^\$df\b.* = |^\$df = |drop|rename|^\$\w+ = ", self.answer, re.MULTILINE))


def slots_of(text: str) -> frozenset[str]:
    return frozenset(_SLOT.findall(text.replace("$$", "")))


def filled(text: str, slots: dict[str, str]) -> str:
    return Template(text).substitute(slots)


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    paths = sorted((Path(__file__).parent / "families").glob("*.txt"))
    blocks = [(path.stem, block) for path in paths for block in ("\n" + path.read_text()).split("\n== ")[1:]]
    return tuple(_read(group, block) for group, block in blocks)


def _read(group: str, block: str) -> Family:
    head, _, rest = block.strip("\n").partition("\n")
    title, *marks = head.split(" @")
    wording, _, answer = rest.partition("\n--\n")
    wording, _, setup = wording.partition("\n++\n")
    scene = next((mark for mark in marks if mark[0].islower()), "")
    flags = frozenset(mark for mark in marks if mark[0].isupper())
    return Family(title, group, scene, flags, tuple(wording.split("\n")), setup, answer.strip("\n"))
