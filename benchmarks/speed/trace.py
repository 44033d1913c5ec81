"""Decoding with speculation on a trace of edits: how many steps of how many rows the real text takes.

The engine's own drafting runs (`engine/speculation.py`, `lookup.py`, `pace.py`), but instead of weights a teacher
answers, who always gives the real text's next id. So what is accepted is what weights would accept that write what
the author wrote; random weights cannot say that, and real ones of 3B are not at hand. Each step is charged what a
pass of as many rows was measured to cost on the 3B shape (`taught.py`), and the drafting sees these costs as it would
in the engine. Seconds for an id are the charges of all steps over the ids they brought. The ratio takes them in
plain steps of the same measurement, times the plain step that was measured in turns with the peer's.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.edits import Edit, edits
from benchmarks.speed.texts import notebooks, standard_library
from jupyter_sc2.catalog import locate
from jupyter_sc2.engine.pace import Acceptance, Pace
from jupyter_sc2.engine.passes import Share
from jupyter_sc2.engine.sequence import Sequence
from jupyter_sc2.engine.speculation import add_drafts, learn
from jupyter_sc2.messages import Submit
from jupyter_sc2.prompt.ghost import Style
from jupyter_sc2.tokenizer import Tokenizer

PROMPT_IDS = 1024
STYLE = Style("psm")  # StarCoder2's order


@dataclass
class Tally:
    """`rows` counts steps by their rows."""

    ids: int = 0
    seconds: float = 0.0
    drafted: int = 0
    accepted: int = 0
    rows: Counter[int] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.ids, self.seconds = self.ids + other.ids, self.seconds + other.seconds
        self.drafted, self.accepted = self.drafted + other.drafted, self.accepted + other.accepted
        self.rows += other.rows

    def figures(self) -> dict[str, Any]:
        steps = self.rows.total()
        return {
            "ids": self.ids,
            "steps": steps,
            "ids_per_step": round(self.ids / max(steps, 1), 3),
            "accepted_share": round(self.accepted / max(self.drafted, 1), 3),
            "ms_per_id": round(1e3 * self.seconds / max(self.ids, 1), 3),
            "steps_by_rows": {str(rows): self.rows[rows] for rows in sorted(self.rows)},
        }


class Trace:
    """The edits, tokenised by the tokenizer in folder `tokenizer`, or else by the built-in one."""

    def __init__(self, extra: str = "", quick: bool = False) -> None:
        folder = os.environ.get("SC2_TOKENIZER", "")
        path = Path(folder) if folder else locate("built-in")
        self.tokenizer = Tokenizer(path / "tokenizer.json")
        self.name = "StarCoder2's" if folder else "built-in"
        sources = {"notebooks": notebooks(Path(extra) if extra else None), "modules": standard_library()}
        if quick:
            sources["modules"] = dict(list(sources["modules"].items())[:5])
        self.edits = {
            source: list(edits(documents, self.tokenizer, PROMPT_IDS, STYLE)) for source, documents in sources.items()
        }

    def sample(self, count: int) -> list[dict[str, Any]]:
        """Some edits of notebooks that write or extend, for the engine itself."""
        found = [edit for edit in self.edits["notebooks"] if edit.kind != "revise"]
        return [dataclasses.asdict(edit) for edit in found[:: max(1, len(found) // count)][:count]]

    def figures(self, costs: dict[str, float]) -> dict[str, Any]:
        """`costs` are measured seconds of a step by its rows. Figures by kind of edit, and by where the text is from.

        The headline is `notebooks` `write` and `extend` together: `revise` is easier by construction.
        """
        table = Costs(costs)
        tallies: defaultdict[str, Tally] = defaultdict(Tally)
        for source, found in self.edits.items():
            pace = Pace(table.padded)
            for edit in found:
                tally = replay(edit, pace, table, self.tokenizer.vocab_size)
                tallies[f"{source} {edit.kind}"].add(tally)
                if edit.kind != "revise":
                    tallies[source].add(tally)
        return {
            "tokenizer": self.name,
            "prompt_ids_median": statistics.median(len(edit.ids) for found in self.edits.values() for edit in found),
            "notebooks_used": sorted({edit.notebook for edit in self.edits["notebooks"]}),
            "figures": {name: tally.figures() for name, tally in tallies.items()},
        }


class Costs:
    """Seconds of a step by rows. Between measured counts a step is padded to the next, as the engine pads."""

    def __init__(self, costs: dict[str, float]) -> None:
        self.seconds = {int(rows): seconds for rows, seconds in costs.items()}
        self.known = sorted(self.seconds)

    def padded(self, rows: int) -> int:
        return next((known for known in self.known if known >= rows), self.known[-1])

    def of(self, rows: int) -> float:
        return self.seconds[self.padded(rows)]


def replay(edit: Edit, pace: Pace, costs: Costs, known_ids: int) -> Tally:
    """One edit from its second id on; the first comes with the prefill."""
    request = Submit(
        "trace", edit.ids, len(edit.target), 0.0, 1.0, 0, [], 0, "trace", document=edit.document, speculate=True
    )
    sequence, tally = Sequence(request, 0, known_ids), Tally()
    sequence.acceptance = Acceptance(pace.acceptance)  # as the engine starts a sequence
    finish = sequence.take(edit.target[0])
    while finish is None:
        share = Share(sequence, [sequence.ids[-1]])
        add_drafts([share], pace)
        coming = edit.target[sequence.new_ids :]
        accepted = agreeing(share.drafted, coming)
        for token_id in coming[: accepted + 1]:
            finish = sequence.take(token_id)
        learn(share, accepted, finish is not None)
        seconds = costs.of(share.rows)
        pace.saw(share.rows, seconds)
        tally.add(Tally(len(coming[: accepted + 1]), seconds, len(share.drafted), accepted, Counter([share.rows])))
    return tally


def agreeing(drafted: list[int], coming: list[int]) -> int:
    """How many drafted ids are right, up to the first that is not."""
    pairs = enumerate(zip(drafted, coming, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(drafted), len(coming)))
