"""One answer inside the engine. A request for several candidates has as many sequences."""

from __future__ import annotations

from torch import Tensor

from jupyter_sc2.engine.draft import Draft
from jupyter_sc2.engine.lookup import Lookup
from jupyter_sc2.engine.pace import Acceptance
from jupyter_sc2.engine.pool import Entry
from jupyter_sc2.engine.sampler import Sampler, logprob
from jupyter_sc2.engine.second_voice import SecondVoice
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.engine.stops import Stops
from jupyter_sc2.messages import Finish, Logprob, Submit, Usage
from jupyter_sc2.ngrams import Ngrams

LAST = 9  # priority of what only warms a cache


class Sequence:
    """`ids` are the prompt's and then the new ones. Of them the KV cache in `entry` holds the first `computed`."""

    def __init__(
        self,
        request: Submit,
        arrival: int,
        known_ids: int,
        speller: Speller | None = None,
        second_voice: SecondVoice | None = None,
        draft: Draft | None = None,
        stops: Stops | None = None,
        candidate: int = 0,
    ) -> None:
        self.request, self.arrival, self.known_ids, self.candidate = request, arrival, known_ids, candidate
        self.ids = list(request.ids)
        self.stop_ids = frozenset(request.stop_ids)
        seed = (request.seed + candidate) % 2**63
        penalties = request.repetition_penalty, request.frequency_penalty, request.presence_penalty
        self.sampler = Sampler(request.temperature, request.top_p, seed, known_ids, request.top_k, *penalties)
        self.sampler.saw(request.ids)
        self.second_voice, self.stops = second_voice, stops
        self.draft = draft  # until it is judged
        self.speller = speller  # while the answer must spell what is already typed
        self.lookup: Lookup | None = None  # once ids are drafted
        self.notebooks: list[Ngrams] = []  # what else drafts may come from
        self.acceptance = Acceptance()
        self.alone = False  # whether nothing else may share its passes
        self.family = [self]  # the candidates of the request
        self.unborn: list[Sequence] = []  # those that wait for this one to compute the prompt
        self.finish: Finish | None = None
        self.entry: Entry | None = None
        self.recomputed: int | None = None  # prompt ids that no cache held; None before the first step
        self.turn = 0  # the step in which it last ran

    @property
    def priority(self) -> int:
        """Smaller goes first. Reading ahead goes last: nobody waits for it."""
        return LAST if self.warms else self.request.priority

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller goes first."""
        return self.priority, self.arrival

    @property
    def key(self) -> str:
        """Of its KV cache."""
        return f"{self.request.cache_key}#{self.candidate}" if self.candidate else self.request.cache_key

    @property
    def positions(self) -> int:
        """Positions that the KV cache may come to hold."""
        return len(self.request.ids) + self.request.max_new_tokens

    @property
    def warms(self) -> bool:
        return self.request.max_new_tokens == 0

    @property
    def computed(self) -> int:
        return 0 if self.entry is None else self.entry.cache.length

    @property
    def remaining(self) -> int:
        """Ids to compute before the next one can be chosen: 1 while decoding, more during prefill."""
        return len(self.ids) - self.computed

    @property
    def new_ids(self) -> int:
        return len(self.ids) - len(self.request.ids)

    def go_on(self, rows: Tensor, drafted: list[int]) -> tuple[list[int], list[Logprob], Finish | None]:
        """The ids chosen by logits `rows` [1 + drafted, vocab], after `ids` and after each drafted one.

        Each is chosen as it is without drafts, up to the first that differs from its draft. So the answer is the same.
        """
        new: list[int] = []
        logprobs: list[Logprob] = []
        for index, logits in enumerate(rows):
            token_id = self.next_id(logits)
            finish = self.take(token_id)
            if token_id not in self.stop_ids:
                new.append(token_id)
                if self.request.logprobs is not None:
                    logprobs.append(logprob(logits[: self.known_ids], token_id, self.request.logprobs))
            if finish or index == len(drafted) or token_id != drafted[index]:
                break
        return new, logprobs, finish

    def take(self, token_id: int) -> Finish | None:
        """Adds an id, unless it is a stop id. Whether the answer ends with it, and why."""
        if token_id in self.stop_ids:
            return "stop"
        self.ids.append(token_id)
        self.sampler.wrote(token_id)
        if self.stops is not None and self.stops.complete(token_id):
            return "stop"
        return "length" if self.new_ids == self.request.max_new_tokens else None

    def next_id(self, logits: Tensor) -> int:
        """Chooses from logits [vocab]; first what spells the typed text, then freely."""
        if self.second_voice:
            logits = self.second_voice.mix(logits, self.ids)
        allowed = self.speller.allowed() if self.speller else []
        if not self.speller or not allowed:
            self.speller = None
            return self.sampler.pick(logits)
        token_id = self.sampler.pick(logits, allowed)
        self.speller.take(token_id)
        if not self.speller.text:
            self.speller = None
        return token_id

    @property
    def usage(self) -> Usage:
        """Of the whole request."""
        return Usage(len(self.request.ids), self.recomputed or 0, sum(member.new_ids for member in self.family))
