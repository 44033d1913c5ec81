"""The built-in weights in the engine: what a keystroke costs, and what drafting brings them on real notebooks."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.speed.edits import edits
from benchmarks.speed.ours import Ours
from benchmarks.speed.texts import notebooks
from jupyter_sc2.catalog import find
from jupyter_sc2.prompt.ghost import Style
from jupyter_sc2.tokenizer import Tokenizer

PROMPT_IDS, NEW = 512, 24


class BuiltIn(Ours):
    def __init__(self, threads: int) -> None:
        self.entry = find("built-in")
        super().__init__(str(self.entry.folder), "auto", threads)

    def figures(self, prompts: int) -> dict[str, Any]:
        """Medians over real prompts. `warm`: the prompt was answered before with another last id."""
        style, tokenizer = Style(self.entry.fim_order, self.entry.heals), Tokenizer(self.entry.tokenizer_path)
        found = [e.ids for e in edits(notebooks(), tokenizer, PROMPT_IDS, style, ("extend",)) if len(e.ids) > 384]
        found = found[:: max(1, len(found) // prompts)][:prompts]
        firsts, wholes = [], []
        decoded = {False: 0.0, True: 0.0}
        for number, ids in enumerate([found[0], *found]):
            self.answer([*ids[:-1], 100], 1)
            warm = self.answer(ids, NEW, keep=True)
            taken = {speculate: self.answer(ids, 2 * NEW, speculate=speculate) for speculate in (False, True)}
            if number:  # the first warms up
                firsts.append(warm.first)
                wholes.append(warm.whole)
                for speculate, timing in taken.items():
                    decoded[speculate] += timing.whole - timing.first
        ids_decoded = (2 * NEW - 1) * len(found)
        plain, drafting = (round(ids_decoded / decoded[speculate], 1) for speculate in (False, True))
        return {
            **self.facts(),
            "prompts": len(found),
            "prompt_ids_median": statistics.median(map(len, found)),
            "warm_first_token_ms": round(1e3 * statistics.median(firsts), 2),
            f"warm_{NEW}_tokens_ms": round(1e3 * statistics.median(wholes), 2),
            "decode_ids_per_s": plain,
            "decode_speculative_ids_per_s": drafting,
        }
