"""Our engine as a contestant, driven as its worker drives it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch

from benchmarks.speed.contestant import Timing
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.reading_pace import measure
from jupyter_sc2.engine.weights import Loaded, Precision, load
from jupyter_sc2.messages import Failed, Submit, Tokens

CACHE_BYTES = 512 << 20


class Ours:
    """Weights in a precision; `converted` is the folder that keeps converted copies. It drafts only if asked."""

    def __init__(self, weights: str, precision: str, threads: int, converted: str = "") -> None:
        torch.set_num_threads(threads)
        started = time.perf_counter()
        self.loaded = load_as(Path(weights), precision, Path(converted) if converted else None)
        self.load_seconds = time.perf_counter() - started
        pace = measure(self.loaded, threads)
        self.engine = Engine(self.loaded, CACHE_BYTES, threads, reads_per_second=pace)
        self.threads, self.count = threads, 0

    def answer(self, ids: Sequence[int], new: int, keep: bool = False, speculate: bool = False) -> Timing:
        """A greedy answer; with `keep` it computes only what differs from the prompt before and its answer."""
        started, times = time.perf_counter(), []
        self.submit(ids, new, "bench", keep, speculate)
        while not self.engine.idle:
            count = self.step()
            times += [time.perf_counter() - started] * count
        return Timing(times)

    def together(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        """All prompts at once; each in a cache of its own."""
        started, times = time.perf_counter(), []
        for number, ids in enumerate(prompts):
            self.submit(ids, new, f"bench {number}", keep=False)
        while not self.engine.idle:
            if self.step():
                times.append(time.perf_counter() - started)
        return Timing(times)

    def submit(
        self,
        ids: Sequence[int],
        new: int,
        key: str,
        keep: bool,
        speculate: bool = False,
        document: Sequence[int] = (),
    ) -> str:
        """Greedy, without stop ids. Returns the request's name."""
        self.count += 1
        name = f"r{self.count}"
        options = 0.0, 1.0, 0, [], 0, key
        request = Submit(name, list(ids), new, *options, document=list(document), speculate=speculate)
        if not keep:
            self.engine.pool.evict()  # not `fresh`, which would also keep it out of batches
        for message in self.engine.submit(request):
            raise RuntimeError(str(message))
        return name

    def step(self) -> int:
        """One step of the engine; how many ids it brought."""
        messages = self.engine.step()
        if failed := [message for message in messages if isinstance(message, Failed)]:
            raise RuntimeError(str(failed[0]))
        return sum(len(message.ids) for message in messages if isinstance(message, Tokens))

    def facts(self) -> dict[str, Any]:
        return {
            "precision": self.loaded.precision,
            "threads": self.threads,
            "load_s": round(self.load_seconds, 2),
            "weights_gb": round(self.loaded.nbytes / 1e9, 3),
        }


def load_as(folder: Path, precision: str, converted: Path | None = None) -> Loaded:
    return load(folder, cast(Precision, precision), "cpu", converted=converted)
