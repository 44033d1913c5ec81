"""What is promised without a peer beside it: memory, loading, the built-in weights, and the error of int4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.speed.ratios import row

PEAK_GB = {"int4": 2.6, "int8": 4.2}
LOAD_S = 10.0
FIRST_MS, WHOLE_MS = 15.0, 120.0


def bounds(facts: Mapping[str, Mapping[str, Any]], parts: Mapping[str, Any], is_3b: bool) -> dict[str, Any]:
    """Memory and loading count for the 3B shape only."""
    table = {}
    for precision, bound in PEAK_GB.items():
        found = facts.get(f"ours-{precision}", {})
        if is_3b and "peak_gb" in found:
            table[f"{precision}_peak_gb"] = below(found["peak_gb"], bound, "GB")
            table[f"{precision}_load_s"] = below(found["load_s"], LOAD_S, "s")
    if built_in := parts.get("built_in"):
        table["built_in_first_token_ms"] = below(built_in["warm_first_token_ms"], FIRST_MS, "ms")
        table["built_in_24_tokens_ms"] = below(built_in["warm_24_tokens_ms"], WHOLE_MS, "ms")
    rows = parts.get("errors", {}).get("rows", {})
    if "ours int4" in rows and "llama.cpp q4_0" in rows:
        mine, theirs = rows["ours int4"]["kl_bfloat16"], rows["llama.cpp q4_0"]["kl_bfloat16"]
        table["int4_error_ratio"] = row(mine / theirs, "llama-q4_0", mine, theirs, 1.0, "nats", lower=True)
    return table


def below(value: float, bound: float, unit: str) -> dict[str, Any]:
    return row(value, "a bound", value, bound, bound, unit, lower=True)
