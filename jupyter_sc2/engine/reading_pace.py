"""How fast prompts are read on this machine, and how much of one to read at a time."""

from __future__ import annotations

import time

import torch

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.model import Run
from jupyter_sc2.engine.weights import Loaded

SECONDS = 2.0  # for a chunk at most: so long may a cancelled request, or one that is more urgent, have to wait
LEAST, MOST = 16, 256  # ids in a chunk; fewer leave a processor idle, more gain nothing
GPU_CHUNK = 1024
MEASURED = 64  # ids, read twice at the start
WEIGHT = 0.3  # of the newest measurement in the average
NEWS = 1.25  # so many times the pace that was told


class ReadingPace:
    """`per_second` counts ids of prompts, 0 before it is known. What `told` says only grows, and in steps.

    Prompts are cut to what can be read in time: were they cut otherwise at each change, no cache would hold.
    """

    def __init__(self, device: torch.device, per_second: float = 0.0) -> None:
        self.device, self.per_second, self.told = device, per_second, per_second

    @property
    def chunk(self) -> int:
        """Ids to compute between two looks at the inbox: a power of two, so that chunks end at the same places."""
        if self.device.type != "cpu":
            return GPU_CHUNK
        chunk = MOST
        while chunk > LEAST and self.per_second and chunk > SECONDS * self.per_second:
            chunk //= 2
        return chunk

    def saw(self, ids: int, seconds: float) -> None:
        """Tells of a pass that read so many ids of one prompt. Few ids say little: they cost a read of all weights."""
        if ids < min(MEASURED, self.chunk) or seconds <= 0:
            return
        self.per_second += WEIGHT * (ids / seconds - self.per_second)

    def news(self) -> float | None:
        """The pace, when it is clearly better than what was told before."""
        if not self.told or self.per_second < NEWS * self.told:
            return None
        self.told = self.per_second
        return self.told


@torch.inference_mode()
def measure(loaded: Loaded, threads: int) -> float:
    """Prompt ids that can be read in a second, measured on a few, twice: the first time code is compiled."""
    torch.set_num_threads(threads)
    ids = torch.full((MEASURED,), 1, device=loaded.device)
    seconds = []
    for _ in range(2):
        cache = KVCache(loaded.model.config, MEASURED, loaded.dtype, loaded.device)
        started = time.perf_counter()
        loaded.model.model(ids, [Run(cache, MEASURED, MEASURED - 1, 1)]).sum().item()
        seconds.append(time.perf_counter() - started)
    return MEASURED / min(seconds)
