"""Results for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

COLUMNS = ("prefill_ids_per_s", "decode_ids_per_s", "decode_short_ids_per_s", "cold_ms", "warm_ms", "streams_ids_per_s")
DISTURBED = 0.03  # of the processor


def absolute(medians: dict[str, float], prompt: int, stream_ids: int) -> dict[str, float]:
    """Seconds as what people compare: ids a second, milliseconds."""
    shown = {
        "prefill_ids_per_s": prompt / medians["prefill"] if "prefill" in medians else None,
        "decode_ids_per_s": 1 / medians["decode"] if "decode" in medians else None,
        "decode_short_ids_per_s": 1 / medians["decode_short"] if "decode_short" in medians else None,
        "cold_ms": 1e3 * medians["cold"] if "cold" in medians else None,
        "warm_ms": 1e3 * medians["warm"] if "warm" in medians else None,
        "streams_ids_per_s": stream_ids / medians["streams"] if "streams" in medians else None,
        "streams_continuous_ids_per_s": (
            stream_ids / medians["streams_continuous"] if "streams_continuous" in medians else None
        ),
    }
    return {key: float(f"{value:.4g}") for key, value in shown.items() if value is not None}


def lines(result: dict[str, Any]) -> Iterator[str]:
    if result["rough"]:
        yield "ROUGH: --quick or a shrunken shape; take the full run for figures to quote."
    if max(result["others_cpu_share"], default=0.0) > DISTURBED:
        yield f"DISTURBED: other programs took {max(result['others_cpu_share']):.0%} of the processor in the rounds."
    machine = result["machine"]
    yield f"{machine['cpu']}, {result['threads']} threads, load {result['load_average']}, {', '.join(machine['flags'])}"
    yield f"{'':16}" + "".join(f"{name:>23}" for name in COLUMNS) + f"{'peak_gb':>9}"
    for name, row in result["contestants"].items():
        cells = "".join(f"{row['absolute'].get(column, '-'):>23}" for column in COLUMNS)
        yield f"{name:16}{cells}{row.get('peak_gb', '-'):>9}"
    for name, row in result.items():
        if isinstance(row, dict) and "met" in row:
            sign, word = ("<=" if row["better"] == "lower" else ">="), "met" if row["met"] else "NOT MET"
            void = ", VOID: the peer is slower than it can be" if row.get("void") else ""
            sides = f"{row['ours']} against {row['theirs']} {row['unit']} of {row['peer']}"
            yield f"{name:34}{row['value']:>8} ({sign} {row['target']}: {word}{void}); {sides}"
    for name, row in result.get("errors", {}).get("rows", {}).items():
        yield f"error {name:20} KL {row['kl']:.5f} nats, same first choice {row['agreement']:.1%}"
    for name, text in result["failures"].items():
        yield f"failed: {name}: {text}"
