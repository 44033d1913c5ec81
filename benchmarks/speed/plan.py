"""Who takes part, with how much of what, and who fits into memory together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Size:
    """How much each task asks. `new` ids are decoded, `cold` of them count as ghost text."""

    prompt: int = 1024
    new: int = 33
    short: int = 16
    cold: int = 16
    keystrokes: int = 3
    streams: int = 8
    stream_prompt: int = 64
    stream_new: int = 32
    cost_rounds: int = 5
    taught: int = 4
    texts: int = 30


QUICK = Size(prompt=512, new=13, cold=12, keystrokes=2, stream_new=16, cost_rounds=2, taught=0, texts=10)
REHEARSAL = Size(prompt=200, new=17, cost_rounds=2, taught=1, texts=3)


@dataclass(frozen=True, eq=False)
class Contestant:
    """`name` as in the results; `kind` and `options` for its child; `share` of the checkpoint's bytes in memory."""

    name: str
    kind: str
    options: dict[str, Any]
    share: float

    @property
    def is_ours(self) -> bool:
        return self.kind == "ours"


PRECISIONS = ("int4", "int8", "bfloat16")


def contestants(
    weights: Path, twins: dict[str, Path], converted: Path, threads: int, positions: int, precision: str
) -> list[Contestant]:
    """In the order in which memory is given to them: first those that ratios are made of, ours with `precision`."""
    shares = {"int4": 0.45, "int8": 0.7, "bfloat16": 1.1, "q4_0": 0.35, "q8_0": 0.6, "bf16": 1.05}

    def ours(precision: str) -> Contestant:
        options = {"weights": str(weights), "precision": precision, "threads": threads, "converted": str(converted)}
        return Contestant(f"ours-{precision}", "ours", options, shares[precision])

    def llama(form: str) -> Contestant:
        options = {"path": str(twins[form]), "threads": threads, "positions": positions}
        return Contestant(f"llama-{form}", "llama.cpp", options, shares[form])

    transformers = Contestant("transformers", "transformers", {"weights": str(weights), "threads": threads}, 1.15)
    peers = [llama(form) for form in ("q4_0", "bf16", "q8_0") if form in twins]  # q8_0 is never the fastest
    others = [ours(other) for other in PRECISIONS if other != precision]
    return [ours(precision), *peers[:1], transformers, *peers[1:], *others]


def groups(found: Sequence[Contestant], checkpoint_bytes: int) -> Iterator[list[Contestant]]:
    """Contestants that fit into free memory together, one group after another; rounds go through one group."""
    free = 0.9 * free_bytes()
    group: list[Contestant] = []
    for contestant in found:
        taken = sum(one.share for one in group)
        if group and (taken + contestant.share) * checkpoint_bytes > free:
            yield group
            group = []
        group.append(contestant)
    if group:
        yield group


def free_bytes() -> int:
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
