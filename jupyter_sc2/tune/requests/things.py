"""Arrays, lists, texts and dictionaries that requests are about, as the lines that make them."""

from __future__ import annotations

import json
import random

from jupyter_sc2.tune.requests.tables import WORDS

ARRAYS, MATRICES = ("a", "b"), ("A", "B")
THINGS = (*ARRAYS, *MATRICES, "xs", "xs2", "words", "text", "dd", "dd2")


def making(slots: dict[str, str], wanted: frozenset[str], rng: random.Random) -> list[str]:
    """The cells that define what is wanted."""
    size = rng.choice((6, 8, 10))
    wide = rng.choice((20, 50, 100, 200))
    order = rng.choice((2, 3))
    kind = rng.randrange(5)
    lines = []
    for slot in THINGS:
        if slot in wanted:
            value = _value(slot, size, wide, order, kind, rng)
            lines.append(f"{slots[slot]} = {value}")
    uses = any("np." in line for line in lines)
    if lines and rng.random() < 0.4:
        return [*(["import numpy as np"] if uses else []), *lines]
    return ["\n".join([*(["import numpy as np", ""] if uses else []), *lines])] if lines else []


def _value(slot: str, size: int, wide: int, order: int, kind: int, rng: random.Random) -> str:
    if slot in ARRAYS:
        numbers = [rng.randint(1, 40) for _ in range(size)]
        return (
            f"np.array({numbers})",
            f"np.linspace(0, 10, {wide})" if slot == "a" else f"np.random.rand({wide})",
            f"np.random.rand({wide})",
            f"np.random.normal(size={wide})",
            f"np.arange({wide})" if slot == "a" else f"np.random.normal(size={wide})",
        )[kind]
    if slot in MATRICES:
        rows = [[rng.randint(1, 4) + (9 if i == j else 0) for j in range(order)] for i in range(order)]
        return f"np.array({rows})" if kind % 2 else f"np.random.rand({order}, {order})"
    if slot in ("xs", "xs2"):
        return str([rng.randint(1, 50) for _ in range(size)])
    if slot == "words":
        return json.dumps(rng.sample(WORDS["fruit"], 5))
    if slot == "text":
        return json.dumps(rng.choice(WORDS["sentences"]))
    return json.dumps({name: rng.randint(1, 30) for name in rng.sample(WORDS["fruit"], 4)})
