"""Scores as bars with their intervals. matplotlib comes with the extra `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.scores import METRICS

SHOWN = METRICS[:4]


def check(path: Path) -> None:
    """Raises Sc2Error when no picture can be drawn there: before an hour of work rather than after it."""
    if path.suffix not in (".svg", ".png"):
        raise Sc2Error("bad_value", f"A picture is an .svg or a .png file; {path.name} is neither.")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise Sc2Error("no_matplotlib", "--picture needs matplotlib: pip install 'jupyter-sc2[evaluate]'.") from None


def draw(reports: dict[str, Any], path: Path) -> None:
    """One row of bars for each metric; a colour for each of `reports`, by name."""
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(task for report in reports.values() for task in report["tasks"]))
    figure = Figure(figsize=(3.2 * len(SHOWN), 3.4), layout="constrained")
    width = 0.8 / len(reports)
    for axes, metric in zip(figure.subplots(1, len(SHOWN), sharey=True), SHOWN, strict=True):
        for number, (name, report) in enumerate(reports.items()):
            for place, task in enumerate(tasks):
                scores = report["tasks"].get(task)
                if scores is None or scores[metric] is None:
                    continue
                x = place + width * (number - (len(reports) - 1) / 2)
                axes.bar(x, scores[metric], width * 0.9, color=f"C{number}", label=name if place == 0 else None)
                axes.vlines(x, *scores["ci95"][metric], color="black", linewidth=1)
        axes.set_xticks(range(len(tasks)), [task.replace("_", "\n") for task in tasks], fontsize=8)
        axes.set_title(metric.replace("_", " "), fontsize=10)
        axes.set_ylim(0, 1)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    figure.savefig(path)
