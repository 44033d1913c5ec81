"""The pass over one sequence's next few ids as a fixed list of computations, which a GPU records and then replays.

An id of StarCoder2-3B is some 450 short kernels; launched one by one they take longer than reading the weights. In a
recording every address and shape is fixed. So the ids and where they stand are numbers on the device, keys and values
are stored by index, and the queries look at a fixed span of the cache through a mask.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.model import Block, Starcoder2

ROWS = (1, 2, 4, 8)  # of a recording; what is missing is padded
SPAN = 1024  # positions that a recording serves; where a cache ends before, it looks at no more keys than there are
ALIGNED = 8  # fused attention wants masks whose rows begin at multiples of 16 bytes
KEPT = 16  # recordings
PATIENCE = 2  # passes of a kind before one is recorded, which takes as long as several passes
TRIES = 3  # recordings that may fail, for want of memory say, before no more are made

Compute = Callable[[], Tensor]


class Recorder(Protocol):
    def record(self, compute: Compute) -> Compute:
        """What does the same as `compute` with the same tensors, and returns the same tensor each time or a new one."""


class Unrecorded:
    """Computes it each time: for devices that cannot record."""

    def record(self, compute: Compute) -> Compute:
        return compute


class Graphs:
    """CUDA graphs. They share the memory for what they compute in between, since only one runs at a time."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.side = device, torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graphs = weakref.WeakSet[torch.cuda.CUDAGraph]()

    def record(self, compute: Compute) -> Compute:
        graph = torch.cuda.CUDAGraph()
        pool = next((other.pool() for other in self._graphs), None)  # a pool without graphs cannot be used again
        with torch.cuda.device(self.device):
            here = torch.cuda.current_stream()
            self.side.wait_stream(here)
            with torch.cuda.stream(self.side):  # also puts the stream back where `graph` fails to
                compute()  # libraries make their plans and take their memory
                with torch.cuda.graph(graph, pool=pool, stream=self.side):
                    out = compute()
            here.wait_stream(self.side)
        self._graphs.add(graph)

        def replay() -> Tensor:
            graph.replay()
            return out

        return replay


class Step:
    """Logits [rows, vocab] of the ids in `inputs`, which are stored in a cache; the queries look at first..end-1.

    `inputs`: where the first of them stands, then the ids. The cache is not kept alive.
    """

    def __init__(self, model: Starcoder2, cache: KVCache, rows: int, first: int, end: int) -> None:
        device = cache.tensor.device
        self.model, self.cache, self.first = model, weakref.ref(cache), first
        self.inputs = torch.zeros(1 + rows, dtype=torch.long, device=device)
        self.offsets, self.keys = torch.arange(rows, device=device), torch.arange(first, end, device=device)
        self.rotary = model.model.rotary(end, cache.tensor)  # kept: the model may take a longer table later

    def __call__(self) -> Tensor:
        cache, trunk = self.cache(), self.model.model
        if cache is None:
            raise ReferenceError("The cache of a recording is gone.")
        places = self.offsets + self.inputs[:1]
        cos, sin = (table.index_select(0, places) for table in self.rotary)
        x: Tensor = trunk.embed_tokens(self.inputs[1:])
        masks = self.masks(places, x.dtype)
        for (keys, values), block in zip(cache.layers, cast(Iterable[Block], trunk.layers), strict=True):
            attention = block.self_attn
            q, k, v = attention.heads(attention.project(block.input_layernorm(x))[None], cos, sin)
            keys.index_copy_(2, places, k)
            values.index_copy_(2, places, v)
            x = x + attention.o_proj(self.attend(q, keys, values, masks))
            x = x + block.mlp(block.post_attention_layernorm(x))
        logits: Tensor = self.model.lm_head(trunk.norm(x))
        return logits

    def masks(self, places: Tensor, dtype: torch.dtype) -> Tensor:
        """[rows of all heads that share a key head, keys]: as `window_mask`, for queries at `places`."""
        config = self.model.config
        hidden = self.keys > places[:, None]
        if config.sliding_window is not None:
            hidden |= self.keys <= places[:, None] - config.sliding_window
        mask = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, float("-inf"))
        return mask.repeat(config.num_attention_heads // config.num_key_value_heads, 1)

    def attend(self, q: Tensor, keys: Tensor, values: Tensor, masks: Tensor) -> Tensor:
        """As `attend_folded`: q [1, heads, rows, d] over a whole cache [1, kv_heads, capacity, d] -> [rows, hidden]."""
        k, v = (part.narrow(2, self.first, len(self.keys)) for part in (keys, values))
        out = F.scaled_dot_product_attention(q.reshape(1, k.shape[1], -1, q.shape[3]), k, v, masks)
        return out.reshape(q.shape).transpose(1, 2).reshape(q.shape[2], -1)


@dataclass(eq=False)
class Plan:
    """Passes of one kind over one cache: how many there were, when the newest was, and their recording, if any."""

    step: Step
    asked: int = 0
    used: int = 0
    recording: Compute | None = None


class Replay:
    """Recordings by cache, rows and span; those of a cache go with it, and the longest unused when there are many.

    What is not recorded yet is computed in the same way, so that numbers are rounded alike.
    """

    def __init__(
        self, model: Starcoder2, recorder: Recorder, patience: int = PATIENCE, span: int = SPAN, kept: int = KEPT
    ) -> None:
        self.model, self.recorder = model, recorder
        self.patience, self.span, self.kept, self.tries = patience, span, kept, TRIES
        self.plans = weakref.WeakKeyDictionary[KVCache, dict[tuple[int, int], Plan]]()
        self._count = 0

    @property
    def recorded(self) -> list[Plan]:
        return [plan for plans in self.plans.values() for plan in plans.values() if plan.recording is not None]

    @torch.inference_mode()
    def run(self, cache: KVCache, ids: list[int]) -> Tensor | None:
        """Logits [ids, vocab] as a pass computes them, which the cache then holds. None: a pass has to compute them."""
        rows = next((rows for rows in ROWS if rows >= len(ids)), None)
        if rows is None or cache.length + rows > cache.capacity:
            return None
        plan = self._plan(cache, rows)
        plan.step.inputs.copy_(torch.tensor([cache.length, *ids, *[0] * (rows - len(ids))]))
        if plan.recording is None and plan.asked > self.patience and self.tries > 0:
            self._record(plan)
        logits = (plan.recording or plan.step)()[: len(ids)].clone()  # the next replay writes over it
        cache.length += len(ids)
        return logits

    def _plan(self, cache: KVCache, rows: int) -> Plan:
        """The plan for the cache's next rows."""
        end = -(-(cache.length + rows) // self.span) * self.span
        plans = self.plans.setdefault(cache, {})
        plan = plans.get((rows, end))
        if plan is None:
            plan = plans[rows, end] = Plan(self._step(cache, rows, end))
        self._count += 1
        plan.asked, plan.used = plan.asked + 1, self._count
        return plan

    def _step(self, cache: KVCache, rows: int, end: int) -> Step:
        """For rows that end behind `end - span`, and at `end` at most."""
        window = self.model.config.sliding_window
        nearest = 0 if window is None else end - self.span + 1 - rows - (window - 1)  # key that a query may look at
        # behind its length a cache is as memory was: no mask hides what is not a number
        cache.tensor.narrow(4, cache.length, cache.capacity - cache.length).zero_()
        return Step(self.model, cache, rows, max(0, nearest) // ALIGNED * ALIGNED, min(end, cache.capacity))

    def _record(self, plan: Plan) -> None:
        """If that fails it may be tried again later, a few times."""
        recorded = sorted(self.recorded, key=lambda one: one.used)
        for other in recorded[: max(0, 1 + len(recorded) - self.kept)]:
            other.recording, other.asked = None, 0
        try:
            plan.recording = self.recorder.record(plan.step)
        except RuntimeError:
            self.tries, plan.asked = self.tries - 1, 0
