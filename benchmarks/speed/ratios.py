"""The figures that are promised: ours beside a named peer's, and whether the target is met."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.speed.plan import Size

# Issue 6, two cores of a Zen 4 with AVX-512 VNNI: llama.cpp's Q4_0 in tokens a second. Slower by more than SOUND here
# means a llama.cpp that was built badly.
TABLE = {"prefill": 41.0, "decode": 14.9}
SOUND = 0.85

Medians = Mapping[str, Mapping[str, float]]  # seconds by contestant and quantity; `ours` is the precision in question


def medians(results: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, float]]:
    return {name: {key: statistics.median(v) for key, v in found.items() if v} for name, found in results.items()}


def ratios(found: Medians, size: Size, spoken: Mapping[str, float]) -> dict[str, Any]:
    """By name. `spoken` has what an id takes with drafts, in our plain steps: in `notebooks`, and beside it."""
    q4, llamas = ("llama-q4_0",), ("llama-q4_0", "llama-q8_0", "llama-bf16")
    everyone = (*llamas, "transformers")
    table = {
        "cold_ratio": faster(found, "cold", everyone, 2.0, "s"),
        "warm_ratio": slower(found, "warm", llamas, 1.5),
        "prefill_ratio": faster(found, "prefill", q4, 2.5, "ids/s", size.prompt),
        "decode_ratio": faster(found, "decode", q4, 1.0, "ids/s"),
        "decode_short_ratio": faster(found, "decode_short", q4, 1.0, "ids/s"),
    }
    mine = found.get("ours", {})
    if "warm" in mine and "decode" in mine:
        table["warm_first_token_steps"] = row(
            mine["warm"] / mine["decode"], "our own decode step", mine["warm"], mine["decode"], 2.0, "s", lower=True
        )
    theirs = found.get("llama-q4_0", {}).get("decode")
    for name, steps in spoken.items():
        if theirs and "decode" in mine:
            key = "decode_speculative_ratio" if name == "notebooks" else f"decode_speculative_{name}_ratio"
            seconds = steps * mine["decode"]
            table[key] = row(theirs / seconds, "llama-q4_0", 1 / seconds, 1 / theirs, 1.5, "ids/s")
    return {name: value for name, value in {**table, **streams(found, size)}.items() if value}


def streams(found: Medians, size: Size) -> dict[str, Any]:
    """New ids a second of all streams together, prompts included."""
    total = size.streams * size.stream_new
    mine = found.get("ours", {})
    if "streams" not in mine:
        return {}
    own, table = total / mine["streams"], {}
    rival = {key: total / v for key, v in found.get("transformers", {}).items() if key.startswith("streams")}
    if rival:
        best = max(rival, key=lambda key: rival[key])
        name = "transformers, " + ("continuous batching" if best.endswith("continuous") else "padded batch")
        table["streams_ratio"] = row(own / rival[best], name, own, rival[best], 2.0, "new ids/s")
    if "stream_alone" in mine:
        alone = size.stream_new / mine["stream_alone"]
        table["streams_own_ratio"] = row(own / alone, "our own single stream", own, alone, 1.8, "new ids/s")
    if "streams" in found.get("llama-q4_0", {}):
        llama = total / found["llama-q4_0"]["streams"]
        table["streams_llama_ratio"] = row(own / llama, "llama-q4_0, 8 sequences", own, llama, 1.5, "new ids/s")
    return table


def faster(
    found: Medians, quantity: str, peers: Sequence[str], target: float, unit: str, ids: int = 1
) -> dict[str, Any] | None:
    """Against the fastest of `peers`. Seconds are shown as they are, or as ids a second."""
    mine, best = found.get("ours", {}).get(quantity), fastest(found, quantity, peers)
    if mine is None or best is None:
        return None
    shown = (mine, best[0]) if unit == "s" else (ids / mine, ids / best[0])
    return row(best[0] / mine, best[1], *shown, target, unit)


def slower(found: Medians, quantity: str, peers: Sequence[str], target: float) -> dict[str, Any] | None:
    mine, best = found.get("ours", {}).get(quantity), fastest(found, quantity, peers)
    if mine is None or best is None:
        return None
    return row(mine / best[0], best[1], mine, best[0], target, "s", lower=True)


def fastest(found: Medians, quantity: str, peers: Sequence[str]) -> tuple[float, str] | None:
    return min(((found[name][quantity], name) for name in peers if quantity in found.get(name, {})), default=None)


def row(
    value: float, peer: str, ours: float, theirs: float, target: float, unit: str, lower: bool = False
) -> dict[str, Any]:
    """`met`: the value is at least the target, or with `lower` at most."""
    return {
        "value": round(value, 3),
        "peer": peer,
        "ours": float(f"{ours:.4g}"),
        "theirs": float(f"{theirs:.4g}"),
        "unit": unit,
        "target": target,
        "better": "lower" if lower else "higher",
        "met": value <= target if lower else value >= target,
    }


def void(table: dict[str, Any], found: Medians, size: Size, comparable: bool) -> dict[str, Any]:
    """Marks ratios against a llama.cpp that is slower than it can be. Returns what that was judged by.

    Only where the machine is of the table's class can it be judged; else `sound` is None.
    """
    q4 = found.get("llama-q4_0", {})
    if "prefill" not in q4:
        return {"sound": None, "why": "llama.cpp did not take part"}
    here = {"prefill": size.prompt / q4["prefill"], "decode": 1 / q4.get("decode_short", q4["decode"])}
    shares = {key: round(here[key] / TABLE[key], 3) for key in TABLE}
    sound = min(shares.values()) >= SOUND if comparable else None
    for value in table.values():
        if sound is False and value["peer"].startswith("llama"):
            value["void"] = True
    return {"sound": sound, "share_of_table": shares, "table_ids_per_s": TABLE, "least_share": SOUND}
