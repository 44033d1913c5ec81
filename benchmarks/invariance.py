"""Does company change an answer? The built-in weights alone and in batches, in each precision.

    python -m benchmarks.invariance [--json] [--prompts 48] [--new 24]

Greedy answers to pieces of Python's own sources, with drafts. In float32 they must be the same ids. In lower precision
sums are rounded by the shape of a pass, so an answer may turn off where two ids are nearly equally likely: `gap` is the
solo run's distance between the two likeliest ids there, in nats, and `noise` how far the log-probability of one and the
same id is apart between solo and company, at most, while both still agree.
"""

from __future__ import annotations

import argparse
import json
import random
import sysconfig
from pathlib import Path
from typing import Any

import torch

from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.weights import load
from jupyter_sc2.messages import Logprob, Submit, Tokens

BUILT_IN = Path(__file__).parents[1] / "jupyter_sc2/data/built-in"
Answer = tuple[list[int], list[Logprob]]


def prompts(engine: Engine, count: int) -> list[list[int]]:
    tokenizer = engine.intake.tokenizer
    assert tokenizer is not None
    chance, found = random.Random(0), []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        ids = tokenizer.encode(path.read_text(errors="ignore")[:20_000])
        if len(ids) > 700:
            start = chance.randrange(len(ids) - 600)
            found.append(ids[start : start + chance.randint(40, 500)])
    return found[:count]


def answers(engine: Engine, asked: dict[str, list[int]], new: int) -> dict[str, Answer]:
    """All of `asked` together."""
    found: dict[str, Answer] = {name: ([], []) for name in asked}
    for name, ids in asked.items():
        engine.submit(Submit(name, ids, new, 0.0, 1.0, 0, [], 0, name, logprobs=2))
    while not engine.idle:
        for message in engine.step():
            if isinstance(message, Tokens):
                found[message.request_id][0].extend(message.ids)
                found[message.request_id][1].extend(message.logprobs)
    engine.pool.evict()
    return found


def compare(alone: Answer, together: Answer) -> tuple[float | None, float]:
    """The gap where they part (None: nowhere), and the noise before."""
    noise = 0.0
    for one, other, mine, theirs in zip(alone[0], together[0], alone[1], together[1], strict=False):
        if one != other:
            (_, first), (_, second) = mine.top[:2]
            return first - second, noise
        noise = max(noise, abs(mine.logprob - theirs.logprob))
    return None, noise


def measure(precision: Any, count: int, new: int) -> dict[str, Any]:
    engine = Engine(load(BUILT_IN, precision, "cpu"), 1 << 30)
    asked = {str(number): ids for number, ids in enumerate(prompts(engine, count))}
    together = answers(engine, asked, new)
    pairs = [compare(answers(engine, {name: ids}, new)[name], together[name]) for name, ids in asked.items()]
    gaps, noise = [gap for gap, _ in pairs if gap is not None], max(noise for _, noise in pairs)
    return {
        "answers": len(pairs),
        "changed": len(gaps),
        "largest_gap": round(max(gaps, default=0.0), 4),
        "noise": round(noise, 4),
        "explained": all(gap <= 2 * noise for gap in gaps),  # each of two ids may move by the noise
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--new", type=int, default=24, help="ids of an answer")
    args = parser.parse_args()
    torch.set_num_threads(1)
    precisions = ("float32", "bfloat16", "int8", "int4")
    results = {precision: measure(precision, args.prompts, args.new) for precision in precisions}
    if args.json:
        print(json.dumps(results))
        return
    for precision, result in results.items():
        print(f"{precision:10}", ", ".join(f"{name} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
