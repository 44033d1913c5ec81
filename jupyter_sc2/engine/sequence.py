"""One request inside the engine."""

from __future__ import annotations

from torch import Tensor

from jupyter_sc2.engine.draft import Draft
from jupyter_sc2.engine.pool import Entry
from jupyter_sc2.engine.sampler import Sampler
from jupyter_sc2.engine.second_voice import SecondVoice
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.messages import Submit, Usage


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
    ) -> None:
        self.request, self.arrival = request, arrival
        self.ids = list(request.ids)
        self.stop_ids = frozenset(request.stop_ids)
        self.sampler = Sampler(request.temperature, request.top_p, request.seed, known_ids)
        self.second_voice = second_voice
        self.draft = draft  # until it is judged
        self.speller = speller  # while the answer must spell what is already typed
        self.entry: Entry | None = None
        self.recomputed: int | None = None  # prompt ids that no cache held; None before the first step
        self.turn = 0  # the step in which it last ran

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller goes first."""
        return self.request.priority, self.arrival

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
        return Usage(len(self.request.ids), self.recomputed or 0, self.new_ids)
