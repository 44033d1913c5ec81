"""The figures of pyplot that an answer left, as checks ask for them."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_sc2.evaluate.in_words.same import same


def figures() -> list[Any]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return [pyplot.figure(number) for number in pyplot.get_fignums()] if pyplot else []


def axes() -> list[Any]:
    """Those that show data, without colour bars."""
    every = (ax for figure in figures() for ax in figure.axes)
    return [ax for ax in every if ax.has_data() and ax.get_label() != "<colorbar>"]


def labels() -> list[tuple[str, str]]:
    """The texts at the axes, x and y."""
    return [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes()]


def has_line(y: Any, x: Any = None, is_marked: bool = False) -> bool:
    """Whether a connected line goes through these points."""
    lines = [line for ax in axes() for line in ax.lines if line.get_linestyle() != "None"]
    return any(
        same(list(line.get_ydata()), y)
        and (x is None or same(list(line.get_xdata(orig=True)), x))
        and (not is_marked or line.get_marker() not in ("None", "", " ", None))
        for line in lines
    )


def has_points(x: Any, y: Any) -> bool:
    """Whether one plot shows exactly these points unconnected, whatever their order and colours."""
    wanted = sorted(zip(map(float, x), map(float, y), strict=True))
    return any(same(sorted(_points(ax)), wanted) for ax in axes())


def has_bars(lengths: Any) -> bool:
    """Whether one plot's bars have these lengths in this order, from the left or from the top."""
    wanted = list(lengths)
    for ax in axes():
        bars = [bar for group in ax.containers if hasattr(group, "patches") for bar in group.patches]
        standing = [bar.get_height() for bar in sorted(bars, key=lambda bar: float(bar.get_x()))]
        lying = [bar.get_width() for bar in sorted(bars, key=lambda bar: -float(bar.get_y()))]
        if ax.yaxis_inverted():
            lying.reverse()
        if same(standing, wanted) or same(lying, wanted):
            return True
    return False


def _points(ax: Any) -> list[tuple[float, float]]:
    clouds = [group.get_offsets() for group in ax.collections]
    found = [(float(x), float(y)) for cloud in clouds for x, y in cloud]
    for line in ax.lines:
        if line.get_linestyle() == "None":
            found += zip(map(float, line.get_xdata()), map(float, line.get_ydata()), strict=True)
    return found


OFFERED = {one.__name__: one for one in (figures, axes, labels, has_line, has_points, has_bars)}  # to a check
