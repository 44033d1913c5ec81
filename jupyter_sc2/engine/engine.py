"""The engine: requests in, tokens out, one step at a time. Synchronous; owns no threads and no pipes."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from jupyter_sc2.engine.draft import Draft, draft_of
from jupyter_sc2.engine.pool import CachePool
from jupyter_sc2.engine.scheduler import Scheduler
from jupyter_sc2.engine.second_voice import SecondVoice, table_at
from jupyter_sc2.engine.sequence import Sequence
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.engine.trouble import explain, is_out_of_memory
from jupyter_sc2.engine.weights import Loaded
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import (
    MAX_PROMPT_IDS,
    Failed,
    Finish,
    Finished,
    FromWorker,
    PrefillProgress,
    Submit,
    Tokens,
)
from jupyter_sc2.ngrams import Libraries

GIGA = 10**9
ROWS = (16, 32, 64, 128, 256)  # oneDNN compiles each new shape: four linears, 2.5 ms and 2.5 MB that stay
WORTH_THREADS = 2 * 10**8  # parameters times rows: a few milliseconds of one core


class Engine:
    """`threads` is for passes that are worth it; a short pass of small weights is faster on one.

    `libraries` is the folder where the second voice keeps the tables of libraries.
    """

    def __init__(self, loaded: Loaded, cache_bytes: int, threads: int = 1, libraries: str = "") -> None:
        self.model, self.device, self.known_ids = loaded.model, loaded.device, loaded.known_ids
        self.tokenizer, self.shares = loaded.tokenizer, loaded.shares
        speaks = self.shares and self.tokenizer and libraries
        self.libraries = Libraries(self.tokenizer, Path(libraries)) if self.tokenizer and speaks else None
        self.parameters = loaded.nbytes // loaded.dtype.itemsize
        self.threads = threads
        self.pads = loaded.device.type == "cpu" and loaded.dtype == torch.bfloat16
        self.chunk = prefill_chunk(self.parameters, loaded.device)
        self.max_positions = min(loaded.model.config.max_position_embeddings, MAX_PROMPT_IDS)
        self.pool = CachePool(loaded.model.config, cache_bytes, loaded.dtype, loaded.device)
        self.scheduler = Scheduler(self.pool)
        self.arrivals = 0

    @property
    def idle(self) -> bool:
        return self.scheduler.idle

    def submit(self, request: Submit) -> list[FromWorker]:
        """Takes a request, or refuses it with one Failed."""
        try:
            self._check(request)
        except Sc2Error as error:
            return [Failed(error.code, error.message, error.hint, request.request_id)]
        self.arrivals += 1
        speller = Speller(self.tokenizer, request.spell) if request.spell and self.tokenizer else None
        voice, draft = self._second_voice(request), self._draft(request)
        self.scheduler.add(Sequence(request, self.arrivals, self.known_ids, speller, voice, draft))
        return []

    def _second_voice(self, request: Submit) -> SecondVoice | None:
        if self.shares is None or request.libraries is None:
            return None
        tables = self.libraries.of(request.libraries) if self.libraries else []
        if not request.max_new_tokens:
            return None
        return SecondVoice(self.shares, [*request.document, *request.ids], tables, table_at(request.notebooks))

    def _draft(self, request: Submit) -> Draft | None:
        if self.tokenizer is None or self.shares is None or self.shares.line is None:
            return None
        asked = request.libraries is not None and request.temperature == 0 and request.max_new_tokens
        return draft_of(request, self.tokenizer, self.shares.line) if asked else None

    def cancel(self, request_id: str) -> list[FromWorker]:
        """Ends a request before the next step. Silent when it has ended already."""
        sequence = self.scheduler.find(request_id)
        return [] if sequence is None else [self._finish(sequence, "cancelled")]

    @torch.inference_mode()
    def step(self) -> list[FromWorker]:
        """Brings one request one forward pass further and returns what there is to say about it."""
        sequence = self.scheduler.next()
        if sequence is None:
            return []
        try:
            logits = self._run(sequence)
            return self._advance(sequence, logits)
        except Exception as error:
            return [self._fail(sequence, error)]

    def _run(self, sequence: Sequence) -> Tensor | None:
        """Computes the sequence's next ids, at most a chunk. Logits [vocab] once the next id can be chosen."""
        try:
            return self._forward(sequence)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        self.pool.evict()  # every idle cache goes, then one more try
        return self._forward(sequence)

    def _forward(self, sequence: Sequence) -> Tensor | None:
        if sequence.entry is None:
            self._open(sequence)
        assert sequence.entry is not None
        cache = sequence.entry.cache
        start = cache.length
        ids = sequence.ids[start : start + self.chunk - start % self.chunk]
        if not ids:
            return None
        torch.set_num_threads(self.threads if self.parameters * len(ids) >= WORTH_THREADS else 1)
        rows = self._rows(len(ids), cache.capacity - start)
        padded = torch.tensor([ids + [0] * (rows - len(ids))], device=self.device)
        hidden = self.model.model(padded, cache)
        cache.length = start + len(ids)  # what the padding left behind them will be written over
        if sequence.remaining or sequence.warms:
            return None
        logits: Tensor = self.model.lm_head(hidden[:, len(ids) - 1])  # two dimensions: bfloat16's faster kernel
        return logits[0]

    def _rows(self, count: int, room: int) -> int:
        """Rows for a pass over `count` ids: more than are needed, so that few different shapes occur."""
        if count == 1 or not self.pads:
            return count
        return min(next((rows for rows in ROWS if rows >= count), count), room)

    def _open(self, sequence: Sequence) -> None:
        """Gives the sequence a KV cache that starts with what is known of it. The last id is needed for its logits."""
        reuse = 0 if sequence.request.fresh else len(sequence.ids) - (0 if sequence.warms else 1)
        sequence.entry = self.pool.take(sequence.request.cache_key, sequence.ids, sequence.positions, reuse)
        if sequence.recomputed is None:
            sequence.recomputed = sequence.remaining

    def _advance(self, sequence: Sequence, logits: Tensor | None) -> list[FromWorker]:
        """Chooses the next id, or tells how far the prefill is."""
        request = sequence.request
        if logits is None:
            if not sequence.remaining:
                return [self._finish(sequence, "warmed")]
            return [PrefillProgress(request.request_id, sequence.computed, len(sequence.ids))]
        ids = self._drafted(sequence, logits) or [sequence.next_id(logits)]
        ends = ids[-1] in sequence.stop_ids
        ids = ids[:-1] if ends else ids
        sequence.ids += ids
        tokens: list[FromWorker] = [Tokens(request.request_id, ids, sequence.recomputed or 0)] if ids else []
        if ends:
            return [*tokens, self._finish(sequence, "stop")]
        if sequence.new_ids == request.max_new_tokens:
            return [*tokens, self._finish(sequence, "length")]
        return tokens

    def _drafted(self, sequence: Sequence, logits: Tensor) -> list[int]:
        """A whole line and the id that ends it, if one was drafted and the weights find it likely; at most once."""
        draft, sequence.draft = sequence.draft, None
        if draft is None or sequence.entry is None or sequence.second_voice is None:
            return []
        cache = sequence.entry.cache
        start, count = cache.length, len(draft.ids)
        rows = self._rows(count, cache.capacity - start)
        padded = torch.tensor([draft.ids + [0] * (rows - count)], device=self.device)
        hidden = self.model.model(padded, cache)
        cache.length = start
        after = torch.cat((logits[None], self.model.lm_head(hidden[0, :count])))
        end = draft.end(after, sequence.second_voice, sequence.request.ids)
        if end is None:
            return []
        cache.length = start + count
        sequence.speller = None
        return [*draft.ids, end]

    def _finish(self, sequence: Sequence, finish: Finish) -> Finished:
        self.scheduler.remove(sequence)
        if sequence.entry is not None:
            self.pool.give_back(sequence.entry)
        return Finished(sequence.request.request_id, finish, sequence.usage)

    def _fail(self, sequence: Sequence, error: Exception) -> Failed:
        """Ends a request whose step went wrong; its KV cache is not to be trusted any more."""
        self.scheduler.remove(sequence)
        if sequence.entry is not None:
            self.pool.drop(sequence.entry)
        answer = explain(error)
        return Failed(answer.code, answer.message, answer.hint, sequence.request.request_id)

    def _check(self, request: Submit) -> None:
        """Raises Sc2Error for a request that cannot be served."""
        if self.scheduler.find(request.request_id) is not None:
            raise Sc2Error("conflict", "A request of this name is still open.")
        if not request.ids or request.max_new_tokens < 0:
            raise Sc2Error("bad_value", "The prompt is empty." if not request.ids else "`max_new_tokens` is negative.")
        if not 0 <= min(request.ids) <= max(request.ids) < self.model.config.vocab_size:
            raise Sc2Error("bad_value", "The prompt holds ids that these weights do not know.")
        if not (0 <= request.temperature < float("inf") and 0 < request.top_p <= 1 and 0 <= request.seed < 2**63):
            raise Sc2Error("bad_value", "`temperature`, `top_p` or `seed` is out of range.")
        needed = len(request.ids) + request.max_new_tokens
        if needed > self.max_positions:
            message = f"The prompt and its answer need {needed} tokens; these weights have {self.max_positions}."
            raise Sc2Error("prompt_too_long", message, "Shorten the cell or ask for fewer new tokens.")
        if (size := self.pool.size(needed)) > self.pool.limit:
            sizes = f"{size / GIGA:.2f} GB; {self.pool.limit / GIGA:.2f} GB is allowed"
            message = f"The request needs a KV cache of {sizes}."
            raise Sc2Error("out_of_memory", message, "Allow a larger cache or use a shorter context.")


def prefill_chunk(parameters: int, device: torch.device) -> int:
    """Ids to compute between two looks at the inbox: under a second of work, and enough rows for the processor."""
    if device.type == "cpu":
        return 256 if parameters < GIGA else 64
    return 1024
