"""Reports as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_sc2.evaluate.scores import METRICS

HEADS = ("exact match", "edit similarity", "useful prefix", "valid syntax", "tokens")


def report_table(report: Mapping[str, Any]) -> str:
    rows = [["task", "holes", *HEADS]]
    for task, scores in report["tasks"].items():
        cells = [_mean(metric, scores[metric], scores["ci95"][metric]) for metric in METRICS]
        rows.append([task, str(scores["n"]), *cells])
    return f"{aligned(rows)}\n{latency_line(report['latency_ms'])}"


def latency_line(latency: Mapping[str, Any]) -> str:
    """In milliseconds."""
    if latency["p50"] is None:
        return "No text was suggested at all."
    end = latency["end"]
    return (
        f"first text after {latency['p50']:.0f} ms (95%: {latency['p95']:.0f} ms), "
        f"end after {end['p50']:.0f} ms (95%: {end['p95']:.0f} ms); "
        f"no suggestion at {latency['silent']} of {latency['n']} holes"
    )


def differences_table(differences: Mapping[str, Any]) -> str:
    """A line for each part and metric; a star where the interval leaves zero out."""
    rows = [["difference", "holes", *HEADS[:3]]]
    for part, metrics in differences.items():
        holes = str(next(iter(metrics.values()))["n"])
        rows.append([part, holes, *map(_signed, metrics.values())])
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _mean(metric: str, mean: float | None, ci95: Sequence[float] | None) -> str:
    if mean is None or ci95 is None:
        return "-"
    if metric == "tokens":
        return f"{mean:.1f}"
    return f"{100 * mean:.1f}% ({100 * ci95[0]:.1f} to {100 * ci95[1]:.1f})"


def _signed(difference: Mapping[str, Any]) -> str:
    low, high = difference["ci95"]
    star = " *" if low > 0 or high < 0 else ""
    return f"{100 * difference['mean']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f}){star}"
