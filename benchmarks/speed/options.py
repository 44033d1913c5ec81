"""How a run was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.plan import QUICK, REHEARSAL, Size

NOT_QUICK = ("llama-q8_0", "llama-bf16", "ours-int8", "ours-bfloat16")


@dataclass(frozen=True)
class Options:
    """`only` names contestants and the parts errors, trace, built-in; empty for all. `precision` is ours in ratios."""

    work: Path
    shape: str = "3b"
    weights: Path | None = None
    notebooks: Path | None = None
    precision: str = "int4"
    threads: int = 2
    rounds: int = 3
    quick: bool = False
    only: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        if self.shape == "small":
            return REHEARSAL
        return QUICK if self.quick else Size()

    def wants(self, name: str) -> bool:
        if self.only:
            return name in self.only
        return not self.quick or name not in NOT_QUICK
