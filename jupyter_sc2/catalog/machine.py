"""What this machine has free: memory, processors, GPUs and disk. Loads no torch."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from jupyter_sc2.catalog.containers import cpu_bound, memory_bound
from jupyter_sc2.catalog.gpus import usable_gpus
from jupyter_sc2.downloads.places import hub_cache
from jupyter_sc2.messages import Device, Machine


def look(disk_path: Path | None = None, held: int = 0) -> Machine:
    """The machine at this moment. Inside a container the container's bounds count where they are narrower.

    `disk_path`: where downloads go, by default the Hub's cache; it need not exist yet. `held`: bytes of memory that
    our own workers hold and would give back (`held_by`); they count as free.
    """
    memory, bound = psutil.virtual_memory(), memory_bound()
    total, free = memory.total, memory.available
    if bound is not None:
        total, free = min(total, bound.limit), min(free, bound.free)
    path = disk_path or hub_cache()
    free = min(total, free + held)
    return Machine(cpus(), total, free, disk_free(path), str(path), devices(total, free), few_bits_run())


def devices(total: int, free: int) -> list[Device]:
    """What can compute beside the processor. Apple's GPUs share the machine's memory."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return [Device("mps", "Apple GPU", total, free)]
    return usable_gpus()


def cpus() -> int:
    """Processors that this process may use, at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    bound = cpu_bound()
    return max(1, count if bound is None else min(count, round(bound)))


def few_bits_run(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the kernels for 4 and 8 bits run here: on x86 they need AVX2. Only Linux tells without a library."""
    try:
        with cpuinfo.open() as lines:
            flags = next((line for line in lines if line.startswith("flags")), "")
    except OSError:
        return True
    return not flags or "avx2" in flags.split()


def disk_free(path: Path) -> int:
    """Bytes that may still be written at `path`, or at the nearest folder above it that exists; 0 if nobody tells."""
    for folder in (path, *path.parents):
        if folder.is_dir():
            with suppress(OSError):
                return int(psutil.disk_usage(str(folder)).free)
            return 0
    return 0


def held_by(processes: Iterable[int]) -> int:
    """Bytes of memory that processes would give back if they ended; those that are gone hold none."""
    found = 0
    for pid in processes:
        with suppress(psutil.Error):
            found += psutil.Process(pid).memory_info().rss
    return found
