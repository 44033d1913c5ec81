"""llama.cpp as a contestant, through the plain C interface of llama-cpp-python."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.speed.contestant import Timing

BATCH = 2048  # ids of one call at most; 512 of them at once, llama.cpp's own default
LOG_ERRORS = 4
_KEPT: list[Any] = []  # callbacks, which must outlive every model


class LlamaCpp:
    """A GGUF file with a context for one sequence, whose KV stays between answers, and one for several at once.

    `outputs` is how many rows of logits one call of the first may return; else it is one.
    """

    def __init__(self, path: str, threads: int, positions: int, outputs: int = 1) -> None:
        import llama_cpp

        self.api: Any = llama_cpp
        quiet(self.api)
        self.api.llama_backend_init()
        model_params = llama_cpp.llama_model_default_params()
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), model_params)
        if not self.model:
            raise RuntimeError(f"llama.cpp could not load {path}")
        self.vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.threads = threads
        self.context = self.one = self._context(1, positions, outputs)
        self.many: Any = None
        self.batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        self.kept: list[int] = []

    def _context(self, sequences: int, positions: int, outputs: int) -> Any:
        params = self.api.llama_context_default_params()
        params.n_ctx = positions * sequences
        params.n_batch = BATCH
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = self.threads
        params.n_outputs_max = sequences * outputs
        params.n_outputs_max_per_seq = outputs
        context = self.api.llama_init_from_model(self.model, params)
        if not context:
            raise RuntimeError("llama.cpp could not make a context")
        return context

    def answer(self, ids: Sequence[int], new: int, keep: bool = False) -> Timing:
        """A greedy answer; with `keep` it computes only what differs from the prompt before and its answer."""
        started = time.perf_counter()
        return Timing([time.perf_counter() - started for _ in self.stream(ids, new, keep)])

    def stream(self, ids: Sequence[int], new: int, keep: bool) -> Iterator[int]:
        shared = common(self.kept, ids[:-1]) if keep else 0
        self.forget(0, shared)
        self.kept = list(ids)
        token = self.best(self.feed([(token, at, 0) for at, token in enumerate(ids)][shared:]))
        yield token
        for _ in range(new - 1):
            self.kept.append(token)
            token = self.best(self.feed([(token, len(self.kept) - 1, 0)]))
            yield token

    def together(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        """All prompts in one call, then all sequences a step at a time."""
        self.many = self.many or self._context(len(prompts), max(map(len, prompts)) + new, 1)
        self.context = self.many
        try:
            return self._together(prompts, new)
        finally:
            self.context = self.one

    def _together(self, prompts: Sequence[Sequence[int]], new: int) -> Timing:
        started, times = time.perf_counter(), []
        rows: list[tuple[int, int, int]] = []
        for sequence, ids in enumerate(prompts):
            self.forget(sequence, 0)
            rows += [(token, at, sequence) for at, token in enumerate(ids)]
        ends = np.cumsum([len(ids) for ids in prompts]) - 1
        self.feed(rows, set(ends.tolist()))
        tokens = [self.best(index) for index in ends.tolist()]
        times.append(time.perf_counter() - started)
        for step in range(new - 1):
            rows = [(token, len(prompts[index]) + step, index) for index, token in enumerate(tokens)]
            self.feed(rows, set(range(len(rows))))
            tokens = [self.best(index) for index in range(len(rows))]
            times.append(time.perf_counter() - started)
        return Timing(times)

    def all_logits(self, ids: Sequence[int]) -> np.ndarray[Any, Any]:
        """[len(ids), vocab] in float32."""
        self.forget(0, 0)
        self.kept = []
        self.feed([(token, at, 0) for at, token in enumerate(ids)], set(range(len(ids))))
        return np.stack([self._logits(index).copy() for index in range(len(ids))])

    def feed(self, rows: Sequence[tuple[int, int, int]], wanted: set[int] | None = None) -> int:
        """Computes (id, position, sequence) rows; logits of those `wanted`, else of the last. Returns its index."""
        index = -1
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            batch = self.batch
            batch.n_tokens = len(part)
            for index, (token, position, sequence) in enumerate(part):
                batch.token[index], batch.pos[index] = token, position
                batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
                last = start + index == len(rows) - 1
                batch.logits[index] = last if wanted is None else start + index in wanted
            if code := self.api.llama_decode(self.context, batch):
                raise RuntimeError(f"llama_decode returned {code}")
        return index

    def best(self, index: int) -> int:
        return int(self._logits(index).argmax())

    def _logits(self, index: int) -> np.ndarray[Any, Any]:
        pointer = self.api.llama_get_logits_ith(self.context, index)
        return np.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (self.vocab,))

    def forget(self, sequence: int, start: int) -> None:
        """Drops a sequence's keys and values from position `start` on."""
        self.api.llama_memory_seq_rm(self.api.llama_get_memory(self.context), sequence, start, -1)

    def facts(self) -> dict[str, Any]:
        return {"flags": self.api.llama_print_system_info().decode().strip(" |"), "threads": self.threads}


def quiet(api: Any) -> None:
    """llama.cpp tells of errors only."""

    def log(level: int, text: bytes, data: Any) -> None:
        if level == LOG_ERRORS:
            print(text.decode(errors="replace"), end="", file=sys.stderr)

    _KEPT.append(api.llama_log_callback(log))
    api.llama_log_set(_KEPT[-1], None)


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))
