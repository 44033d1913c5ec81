"""The machine and the versions that figures depend on."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
PACKAGES = ("torch", "transformers", "llama-cpp-python", "onnxruntime", "torchao")


def machine() -> dict[str, Any]:
    found: dict[str, str] = {}
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            found.setdefault(key.strip(), value.strip())
    flags = found.get("flags", "").split()
    with open("/proc/meminfo") as lines:
        total = int(next(line for line in lines if line.startswith("MemTotal:")).split()[1]) * 1024
    return {
        "cpu": found.get("model name", platform.processor()),
        "family_model": [found.get("cpu family"), found.get("model")],
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "memory_gb": round(total / 1e9, 1),
        "nice": os.nice(0),
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := version_of(name))},
    }


class Others:
    """How much of the processor other programs took meanwhile: what they take, contestants lose, unevenly."""

    def __init__(self, processes: Sequence[int]) -> None:
        self.processes = [os.getpid(), *processes]
        self.started, self.busy, self.own = time.monotonic(), *self._ticks()

    def share(self) -> float:
        """0..1 of all cores, since the start."""
        busy, own = self._ticks()
        total = (time.monotonic() - self.started) * (os.cpu_count() or 1) * os.sysconf("SC_CLK_TCK")
        return round(max(0.0, busy - self.busy - (own - self.own)) / total, 3)

    def _ticks(self) -> tuple[int, int]:
        user, nice, system, _, _, irq, soft, *_ = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:])
        return user + nice + system + irq + soft, sum(map(_ticks_of, self.processes))


def _ticks_of(process: int) -> int:
    """Of a process that has ended: 0."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
