"""A line that was written before, proposed whole: small weights are better at judging a line than at writing one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from jupyter_sc2.engine.second_voice import SecondVoice, table_at
from jupyter_sc2.messages import Submit
from jupyter_sc2.ngrams.lines import Lines
from jupyter_sc2.ngrams.table import SPECIAL
from jupyter_sc2.tokenizer import Tokenizer

MAX_CHARS = 16  # of an id, at most on average
MAX_IDS = 200_000  # of a table whose lines are known: a tenth of a second to read


class Draft:
    """`ids` follow the prompt: what is to be spelled of the cursor's word, then the rest of the line, without its end.

    `least` is the mean logarithm of an id's chance from which on the line is taken; `ends` are ids that end a line.
    """

    def __init__(self, ids: Sequence[int], least: float, ends: Sequence[int]) -> None:
        self.ids, self.least, self.ends = list(ids), least, torch.tensor(ends)

    def end(self, logits: Tensor, voice: SecondVoice, prompt: Sequence[int]) -> int | None:
        """The id that ends the line; None for one that is too unlikely.

        logits [len(ids) + 1, vocab] after the prompt and after each of `ids`.
        """
        total = 0.0
        for index, row in enumerate(logits):
            chances = torch.log_softmax(voice.mix(row, [*prompt, *self.ids[:index]]).float().cpu(), dim=-1)
            if index < len(self.ids):
                total += float(chances[self.ids[index]])
        ending = chances[self.ends]
        total += float(ending.logsumexp(dim=-1))
        return int(self.ends[ending.argmax()]) if total / len(logits) > self.least else None


def draft_of(request: Submit, tokenizer: Tokenizer, least: float) -> Draft | None:
    """For a prompt that ends in the text before the cursor. None where no line begins like the cursor's."""
    if not request.ids or request.ids[-1] < SPECIAL:
        return None
    *others, here = _texts([*request.document, *request.ids], tokenizer)
    above, _, line = (here + request.spell).rpartition("\n")
    typed, before = line.lstrip(), above.rstrip().rpartition("\n")[2].strip()
    found = [lines.like(typed, before) for lines in (*_lines_of(request.notebooks, tokenizer), Lines([*others, above]))]
    best = max((one for one in reversed(found) if one), key=lambda one: one[0], default=None)
    if best is None:
        return None
    rest = best[1].text[len(typed) :]
    if len(rest) > request.max_new_tokens * MAX_CHARS:
        return None
    ids = tokenizer.encode(request.spell + rest)
    if len(ids) >= request.max_new_tokens:
        return None
    return Draft(ids, least, [*_line_ends(tokenizer), *request.stop_ids])


def _texts(ids: Sequence[int], tokenizer: Tokenizer) -> list[str]:
    """What stands between special ids."""
    return [tokenizer.decode(part) for part in _parts(ids)]


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    part: list[int] = []
    for token_id in ids:
        if token_id >= SPECIAL:
            part.append(token_id)
        elif part:
            yield part
            part = []
    if part:
        yield part


@lru_cache(maxsize=8)
def _lines_of(path: str, tokenizer: Tokenizer) -> list[Lines]:
    """Of a table of the user's other notebooks, if there is one."""
    return [
        Lines(reversed(_texts(table.backwards[::-1][:MAX_IDS].tolist(), tokenizer))) for table in table_at(path)
    ]  # the newest file last


@lru_cache(maxsize=2)
def _line_ends(tokenizer: Tokenizer) -> list[int]:
    return [index for spelled, index in tokenizer.spellings if b"\n" in spelled]
