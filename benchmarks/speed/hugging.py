"""transformers' `generate` in bfloat16 as a contestant, alone, on a padded batch, and with continuous batching."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from benchmarks.speed.contestant import Timing

BLOCKS = 16  # of 256 ids, for continuous batching: two for each of eight streams. Left alone it takes 90% of memory


class Clock:
    """A streamer that notes when ids come. The first call brings the prompt."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.times: list[float] = []

    def put(self, value: Any) -> None:
        self.times.append(time.perf_counter() - self.started)

    def end(self) -> None:
        pass


class Transformers:
    def __init__(self, weights: str, threads: int) -> None:
        from transformers import Starcoder2ForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        torch.set_num_threads(threads)
        started = time.perf_counter()
        self.model: Any = Starcoder2ForCausalLM.from_pretrained(weights, dtype=torch.bfloat16).eval()
        self.load_seconds, self.threads = time.perf_counter() - started, threads

    @torch.inference_mode()
    def answer(self, ids: Sequence[int], new: int, keep: bool = False) -> Timing:
        """A greedy answer. There is no cache between calls, so `keep` changes nothing."""
        clock = Clock()
        self._generate(torch.tensor([list(ids)]), new, streamer=clock)
        return Timing(clock.times[1:])

    @torch.inference_mode()
    def together(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        """One padded batch; prompts shorter than the longest are padded on the left."""
        longest, started = max(map(len, prompts)), time.perf_counter()
        batch = torch.tensor([[0] * (longest - len(ids)) + list(ids) for ids in prompts])
        mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts])
        self._generate(batch, new, attention_mask=mask)
        return Timing([time.perf_counter() - started])

    def continuous(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        """`generate_batch`, transformers' continuous batching."""
        from transformers import ContinuousBatchingConfig, GenerationConfig

        started = time.perf_counter()
        config = GenerationConfig(do_sample=False, max_new_tokens=new, eos_token_id=-1, pad_token_id=0)
        blocks = ContinuousBatchingConfig(num_blocks=BLOCKS, max_batch_tokens=sum(map(len, prompts)))
        outputs = self.model.generate_batch(
            [list(ids) for ids in prompts], generation_config=config, continuous_batching_config=blocks
        )
        counts = [len(output.generated_tokens) for output in outputs.values()]
        if counts != [new] * len(prompts):
            raise RuntimeError(f"continuous batching gave {counts} ids")
        return Timing([time.perf_counter() - started])

    def _generate(self, batch: torch.Tensor, new: int, **extra: Any) -> None:
        extra.setdefault("attention_mask", torch.ones_like(batch))
        self.model.generate(
            batch, do_sample=False, pad_token_id=0, max_new_tokens=new, min_new_tokens=new, **extra
        )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        attention = self.model.config._attn_implementation
        return {"precision": "bfloat16", "threads": self.threads, "attention": attention}
