"""From a request to its sequences, with everything that each needs."""

from __future__ import annotations

from pathlib import Path

import torch

from jupyter_sc2.engine.draft import Draft, draft_of
from jupyter_sc2.engine.pace import Acceptance
from jupyter_sc2.engine.second_voice import SecondVoice, table_at
from jupyter_sc2.engine.sequence import Sequence
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.engine.stops import Stops
from jupyter_sc2.engine.weights import Loaded
from jupyter_sc2.messages import Submit
from jupyter_sc2.ngrams import Libraries


class Intake:
    """`libraries` is the folder where the second voice keeps the tables of libraries."""

    def __init__(self, loaded: Loaded, libraries: str) -> None:
        self.known_ids, self.tokenizer, self.shares = loaded.known_ids, loaded.tokenizer, loaded.shares
        speaks = self.shares and self.tokenizer and libraries
        self.libraries = Libraries(self.tokenizer, Path(libraries)) if self.tokenizer and speaks else None
        self.exact = loaded.dtype == torch.float32
        self.arrivals = 0

    def sequence(self, request: Submit, accepted: Acceptance) -> Sequence:
        """The first candidate, with the others waiting for it. `accepted` is known of the drafts of others."""
        self.arrivals += 1
        first, *others = family = self._family(request)
        for member in family:
            member.family, member.acceptance = family, Acceptance(accepted)
            member.notebooks = table_at(request.notebooks)
            # a seed is to write the same again, and rounded numbers may depend on how many rows share a pass
            member.alone = request.fresh and not self.exact
        first.unborn = others
        return first

    def _family(self, request: Submit) -> list[Sequence]:
        """One for each candidate."""
        voice, draft, tokenizer = self._second_voice(request), self._draft(request), self.tokenizer
        return [
            Sequence(
                request,
                self.arrivals,
                self.known_ids,
                Speller(tokenizer, request.spell) if request.spell and tokenizer else None,
                voice,
                draft,
                Stops(tokenizer, request.stop, request.spell) if request.stop and tokenizer else None,
                candidate,
            )
            for candidate in range(request.candidates if request.max_new_tokens else 1)
        ]

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
        penalised = request.repetition_penalty != 1 or request.frequency_penalty or request.presence_penalty
        plain = request.temperature == 0 and not penalised and request.logprobs is None
        asked = request.libraries is not None and request.max_new_tokens and plain and request.candidates == 1
        return draft_of(request, self.tokenizer, self.shares.line) if asked else None
