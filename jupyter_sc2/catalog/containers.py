"""What a container or a batch system leaves of the machine: Linux control groups, both versions.

https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # version 1 writes a number near 2^63


class Bound(NamedTuple):
    """Bytes that a group may take, and how many of them it does not use."""

    limit: int
    free: int


def memory_bound(root: Path = ROOT, membership: Path = Path("/proc/self/cgroup")) -> Bound | None:
    """The narrowest bound of this process's group and those around it; None where nothing is bounded."""
    found = []
    for folder in _groups(root, membership, "memory"):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes")
        if limit is not None and limit < UNLIMITED:
            found.append(Bound(limit, max(0, limit - (used or 0) + _file_pages(folder))))
    return min(found, key=lambda bound: bound.free, default=None)


def cpu_bound(root: Path = ROOT, membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """Processors' worth of time that the groups may take; None where it is not bounded."""
    found = []
    for folder in _groups(root, membership, "cpu"):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):
            found.append(int(quota) / int(period))
    return min(found, default=None)


def _groups(root: Path, membership: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's group and of those around it. Inside a container only some of them are to be seen."""
    for line in _text(membership).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controller if controllers else root  # version 2 has one tree and names no controller
        parts = [part for part in path.split("/") if part and part != ".."]
        for count in range(len(parts), -1, -1):
            yield top.joinpath(*parts[:count])


def _file_pages(folder: Path) -> int:
    """Bytes of files that count as used but are given away when memory is short."""
    lines = (line.split() for line in _text(folder / "memory.stat").splitlines())
    pages = {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}
    return pages.get("total_inactive_file", pages.get("inactive_file", 0))


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
