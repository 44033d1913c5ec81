"""The engine: requests in, tokens out, one step at a time. Synchronous; owns no threads and no pipes."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from jupyter_sc2.engine.checks import check_options, check_prompt
from jupyter_sc2.engine.intake import Intake
from jupyter_sc2.engine.isolation import outcomes
from jupyter_sc2.engine.pace import Pace
from jupyter_sc2.engine.passes import Passes, Share
from jupyter_sc2.engine.pool import CachePool
from jupyter_sc2.engine.reading_pace import ReadingPace
from jupyter_sc2.engine.scheduler import Scheduler
from jupyter_sc2.engine.sequence import Sequence
from jupyter_sc2.engine.speculation import add_drafts, learn
from jupyter_sc2.engine.trouble import explain, is_out_of_memory
from jupyter_sc2.engine.weights import Loaded
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import (
    MAX_PROMPT_IDS,
    Failed,
    Finish,
    Finished,
    FromWorker,
    Logprob,
    PrefillProgress,
    Reads,
    Submit,
    Tokens,
)

GIGA = 10**9


class Engine:
    """Every step is one pass: an id, and drafted ones, of everyone who decodes, and a chunk of prompts.

    `libraries` is the folder where the second voice keeps the tables of libraries. `reads_per_second` counts ids of
    prompts; 0 where nobody measured it.
    """

    def __init__(
        self,
        loaded: Loaded,
        cache_bytes: int,
        threads: int = 1,
        libraries: str = "",
        clock: Callable[[], float] = time.perf_counter,
        reads_per_second: float = 0.0,
    ) -> None:
        self.model, self.intake = loaded.model, Intake(loaded, libraries)
        self.passes = Passes(loaded, threads)
        self.reading = ReadingPace(loaded.device, reads_per_second)
        self.max_positions = min(loaded.model.config.max_position_embeddings, MAX_PROMPT_IDS)
        self.pool = CachePool(loaded.model.config, cache_bytes, loaded.dtype, loaded.device)
        self.scheduler = Scheduler(self.pool)
        self.clock, self.pace = clock, Pace(self.passes.padded)

    @property
    def idle(self) -> bool:
        return self.scheduler.idle

    def submit(self, request: Submit) -> list[FromWorker]:
        """Takes a request, or refuses it with one Failed."""
        try:
            self._check(request)
        except Sc2Error as error:
            return [Failed(error.code, error.message, error.hint, request.request_id)]
        self.scheduler.add(self.intake.sequence(request, self.pace.acceptance))
        return []

    def cancel(self, request_id: str) -> list[FromWorker]:
        """Ends a request before the next step. Silent when it has ended already."""
        sequence = self.scheduler.find(request_id)
        return [] if sequence is None else self._finish(sequence.family, "cancelled")

    @torch.inference_mode()
    def step(self) -> list[FromWorker]:
        """Brings requests one forward pass further and returns what there is to say about them."""
        started = self.clock()
        shares, frames = self._plan(self.reading.chunk)
        decodes = all(len(share.ids) == 1 for share in shares)
        if decodes:
            add_drafts(shares, self.pace)
        rows = sum(share.rows for share in shares)
        smooth = True
        for share, outcome in outcomes(shares, self.passes.run, self.pool.evict) if shares else ():
            frames += self._settle(share, outcome)
            smooth = smooth and isinstance(outcome, Tensor)
        if shares and smooth:
            frames += self._measure(shares, rows, decodes, self.clock() - started)
        return frames

    def _measure(self, shares: list[Share], rows: int, decodes: bool, seconds: float) -> list[FromWorker]:
        """Learns from a pass what the next ones will take."""
        if decodes:
            self.pace.saw(rows, seconds)
        elif len(shares) == 1:
            self.reading.saw(rows, seconds)
        pace = self.reading.news()
        return [Reads(pace)] if pace else []

    def _plan(self, chunk: int) -> tuple[list[Share], list[FromWorker]]:
        """What the next pass computes: of decoding sequences one id each, of prompts at most a chunk all together."""
        shares: list[Share] = []
        frames: list[FromWorker] = []
        company = self.scheduler.next()
        room = chunk - sum(sequence.remaining == 1 for sequence in company)
        for sequence in company:
            if sequence.finish is not None:  # a failed candidate takes the others with it
                continue
            try:
                self._open(sequence)
            except Exception as error:
                frames.append(self._fail(sequence, error))
                continue
            start, count = sequence.computed, sequence.remaining
            if count > 1:
                if room < 1 and shares:
                    continue
                # alone, chunks end at their multiples: their shapes, and how numbers are rounded, repeat
                most = chunk - start % chunk if len(company) == 1 else max(1, room)
                count = min(count, most)
                room -= count
            sequence.turn = self.scheduler.turn
            if count:
                shares.append(Share(sequence, sequence.ids[start : start + count]))
            else:
                frames += self._finish([sequence], "warmed")
        return [share for share in shares if share.sequence.finish is None], frames

    def _open(self, sequence: Sequence) -> None:
        """Gives the sequence a KV cache that starts with what is known of it. The last id is needed for its logits."""
        if sequence.entry is not None:
            return
        reuse = 0 if sequence.request.fresh else len(sequence.ids) - (0 if sequence.warms else 1)
        try:
            sequence.entry = self.pool.take(sequence.key, sequence.ids, sequence.positions, reuse)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self.pool.evict()  # every idle cache goes, then one more try
            sequence.entry = self.pool.take(sequence.key, sequence.ids, sequence.positions, reuse)
        if sequence.recomputed is None:
            sequence.recomputed = sequence.remaining

    def _settle(self, share: Share, outcome: Tensor | Exception) -> list[FromWorker]:
        """What a pass means for one of its sequences."""
        sequence = share.sequence
        if sequence.finish is not None:  # with a candidate of its request that failed
            return []
        try:
            if isinstance(outcome, Exception):
                raise outcome
            if len(outcome):
                born = self._bear(sequence)
                return [frame for one in (sequence, *born) for frame in self._answer(one, outcome, share)]
            if not sequence.remaining:
                return self._finish([sequence], "warmed")
            return [PrefillProgress(sequence.request.request_id, sequence.computed, len(sequence.ids))]
        except Exception as error:
            return [self._fail(sequence, error)]

    def _bear(self, first: Sequence) -> list[Sequence]:
        """The other candidates, once the first has computed the prompt: they start from copies of its KV cache."""
        born, first.unborn = first.unborn, []
        for sequence in born:
            sequence.entry = self.pool.fork(
                first.entry, sequence.key, sequence.ids, sequence.positions, len(sequence.ids)
            )
            sequence.recomputed, sequence.turn = first.recomputed, first.turn
            self.scheduler.running.append(sequence)
        return born

    def _answer(self, sequence: Sequence, logits: Tensor, share: Share) -> list[FromWorker]:
        """Goes on by logits [1 + drafted, vocab]. What was drafted wrongly leaves the KV cache again."""
        if sequence.finish is not None or sequence.entry is None:
            return []
        before, logprobs = len(sequence.ids), list[Logprob]()
        if line := self._line(sequence, logits):
            finish = next((end for token_id in line if (end := sequence.take(token_id))), None)
            new = sequence.ids[before:]
            sequence.entry.cache.length = min(before + len(line) - 1, len(sequence.ids))
        else:
            new, logprobs, finish = sequence.go_on(logits, share.drafted)
            accepted = sum(one == other for one, other in zip(new, share.drafted, strict=False))
            sequence.entry.cache.length = before + accepted
            learn(share, accepted, finish is not None)
        frames: list[FromWorker] = []
        if new:
            recomputed = sequence.recomputed or 0
            name = sequence.request.request_id
            frames.append(Tokens(name, new, recomputed, sequence.candidate, logprobs))
        return [*frames, *self._finish([sequence], finish)] if finish else frames

    def _line(self, sequence: Sequence, logits: Tensor) -> list[int]:
        """A whole line and the id that ends it, if one was drafted and the weights find it likely; at most once."""
        draft, sequence.draft = sequence.draft, None
        if draft is None or sequence.entry is None or sequence.second_voice is None:
            return []
        start = sequence.entry.cache.length
        after = self.passes.run([Share(sequence, [], draft.ids)])[0]
        end = draft.end(torch.cat((logits, after)), sequence.second_voice, sequence.request.ids)
        if end is None:
            sequence.entry.cache.length = start
            return []
        sequence.speller = None
        return [*draft.ids, end]

    def _leave(self, sequence: Sequence, finish: Finish) -> None:
        """Frees the sequence's place and its KV cache. That of a first candidate stays known."""
        sequence.finish = finish
        self.scheduler.remove(sequence)
        if sequence.entry is not None:
            (self.pool.drop if sequence.candidate else self.pool.give_back)(sequence.entry)
            sequence.entry = None

    def _finish(self, sequences: list[Sequence], finish: Finish) -> list[FromWorker]:
        """Ends candidates of one request, and the request with the last of them."""
        for sequence in sequences:
            if sequence.finish is None:
                self._leave(sequence, finish)
        family = sequences[0].family
        ends = [member.finish for member in family if member.finish is not None]
        if len(ends) < len(family):
            return []
        overall = finish if len(sequences) > 1 else ends[0]
        candidates = ends if len(ends) > 1 else []
        return [Finished(sequences[0].request.request_id, overall, sequences[0].usage, candidates)]

    def _fail(self, sequence: Sequence, error: Exception) -> Failed:
        """Ends a request whose step went wrong; its KV cache is not to be trusted any more."""
        if sequence.entry is not None:
            self.pool.drop(sequence.entry)
            sequence.entry = None
        for member in sequence.family:
            self._leave(member, "cancelled")
        answer = explain(error)
        return Failed(answer.code, answer.message, answer.hint, sequence.request.request_id)

    def _check(self, request: Submit) -> None:
        """Raises Sc2Error for a request that cannot be served."""
        if self.scheduler.find(request.request_id) is not None:
            raise Sc2Error("conflict", "A request of this name is still open.")
        check_prompt(request, self.model.config.vocab_size, self.max_positions)
        check_options(request, self.intake.tokenizer is not None)
        needed = len(request.ids) + request.max_new_tokens
        if (size := request.candidates * self.pool.size(needed)) > self.pool.limit:
            sizes = f"{size / GIGA:.2f} GB; {self.pool.limit / GIGA:.2f} GB is allowed"
            message = f"The request needs a KV cache of {sizes}."
            raise Sc2Error("out_of_memory", message, "Allow a larger cache or use a shorter context.")
