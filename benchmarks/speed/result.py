"""One JSON object of all that a run has found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from benchmarks.speed.bounds import bounds
from benchmarks.speed.machine import machine
from benchmarks.speed.options import Options
from benchmarks.speed.ratios import medians, ratios, void
from benchmarks.speed.report import absolute

# Kinds of edits in the trace whose ratios are given, by the name that the ratio gets.
SPOKEN = {"notebooks": "notebooks", "notebooks revise": "revise", "modules": "modules"}


class Found(Protocol):
    results: Any
    facts: dict[str, dict[str, Any]]
    failures: dict[str, str]
    parts: dict[str, Any]
    others: list[float]


def summary(options: Options, bench: Found) -> dict[str, Any]:
    size, is_3b = options.size, options.shape == "3b" and options.weights is None
    found, here = medians(bench.results), machine()
    mine = found.get(f"ours-{options.precision}", {})
    table = ratios({**found, "ours": mine}, size, spoken(bench.parts))
    comparable = "avx512_vnni" in here["flags"] and options.threads == 2 and is_3b
    check = void(table, found, size, comparable)
    return {
        **table,
        **bounds(bench.facts, bench.parts, is_3b),
        "rough": options.quick or not is_3b,
        "precision": options.precision,
        "shape": options.shape if options.weights is None else str(options.weights),
        "threads": options.threads,
        "rounds": options.rounds,
        "size": vars(size),
        "machine": here,
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "others_cpu_share": bench.others,
        "disk_free_gb": round(shutil.disk_usage(options.work).free / 1e9, 1),
        "llama_check": check,
        "contestants": contestants(found, bench.facts, size.prompt, size.streams * size.stream_new),
        "seconds": bench.results,
        **bench.parts,
        "failures": bench.failures,
    }


def spoken(parts: Mapping[str, Any]) -> dict[str, float]:
    """What an id of speculative decoding takes, in plain steps that were measured together with those of more rows."""
    trace = parts.get("trace", {})
    figures, step = trace.get("figures", {}), trace.get("step_ms_by_rows", {}).get("1")
    return {short: figures[name]["ms_per_id"] / step for name, short in SPOKEN.items() if name in figures}


def contestants(
    found: Mapping[str, Mapping[str, float]], facts: Mapping[str, Mapping[str, Any]], prompt: int, stream_ids: int
) -> dict[str, dict[str, Any]]:
    names: Sequence[str] = list(found)
    return {name: {"absolute": absolute(found[name], prompt, stream_ids), **facts.get(name, {})} for name in names}
