"""How a worker is run, and how patient its supervisor is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

from jupyter_sc2.messages import Load


def tables_folder() -> str:
    """Where the second voice keeps its tables of libraries between runs."""
    return str(_cache() / "libraries")


def copies_folder() -> str:
    """Where weights converted to few bits are kept."""
    return str(_cache() / "converted")


def _cache() -> Path:
    from platformdirs import user_cache_dir  # a server starts without it

    return Path(user_cache_dir("jupyter-sc2", appauthor=False))


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """`command` is run with the pipes' numbers appended. Times are seconds of the monotonic clock.

    `folder` holds the weights, `adapter` a LoRA adapter; empty for none.
    """

    command: tuple[str, ...]
    folder: str
    threads: int = 1
    cache_bytes: int = 1 << 30
    precision: Literal["auto", "float32", "bfloat16", "int8", "int4"] = "auto"
    device: str = "auto"
    libraries: str = ""
    converted: str = ""
    adapter: str = ""
    niceness: int = 13
    max_running: int = 4
    max_waiting: int = 32
    greet_seconds: float = 10.0
    silence_seconds: float = 30.0
    load_silence_seconds: float = 120.0
    stop_seconds: float = 5.0
    backoff_seconds: tuple[float, ...] = (1.0, 2.0, 4.0)

    def load(self) -> Load:
        place = self.precision, self.device
        return Load(self.folder, self.threads, self.cache_bytes, *place, self.libraries, self.converted, self.adapter)
