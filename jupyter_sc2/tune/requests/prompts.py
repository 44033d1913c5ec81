"""Requests as rows of ids: the product's own prompt, the answer, and what ends a cell of code."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from jupyter_sc2.messages import Message, Piece, RunCell, Snapshot
from jupyter_sc2.prompt.chat import chat_prompt
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.magic import magic_prompt
from jupyter_sc2.prompt.structured import EMPTY_OUTPUT, KIND_ID, nearest_parts
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer
from jupyter_sc2.tune.requests.scenes import Asked

MAGIC, TAUGHT = 0.7, 0.15  # shares: of `%%starcoder`, the rest is chat; of rows that keep the examples
LIMITS = (256, 384, 512, 768, 1024, 1024)  # ids of a prompt
ENDING = [KIND_ID["output"], EMPTY_OUTPUT, SPECIAL_ID["<|endoftext|>"]]  # the first of them stops the product


def row(asked: Asked, tokenizer: Tokenizer, rng: random.Random) -> list[int]:
    limit = rng.choice(LIMITS)
    if asked.variables is None and rng.random() < 0.7:
        ids = chat_prompt(_said(asked), _context(asked.shown), asked.request, tokenizer, limit).ids
    else:
        snapshot = Snapshot(len(asked.cells) or 1, asked.variables) if asked.variables else None
        ids = magic_prompt(_ran(asked), asked.request, tokenizer, limit, snapshot=snapshot).ids
    ids = ids if rng.random() < TAUGHT else without_examples(ids, tokenizer)
    return answered(ids, asked.answer, tokenizer)


def answered(prompt: Sequence[int], answer: str, tokenizer: Tokenizer) -> list[int]:
    return [*prompt, *tokenizer.encode(answer), *ENDING]


def without_examples(ids: list[int], tokenizer: Tokenizer) -> list[int]:
    """The prompt as it is where the examples do not fit."""
    lessons = _lessons(tokenizer)
    return ids[:1] + ids[1 + len(lessons) :] if ids[1 : 1 + len(lessons)] == lessons else ids


@lru_cache(maxsize=4)
def _lessons(tokenizer: Tokenizer) -> list[int]:
    return [i for piece in nearest_parts(EXAMPLES, tokenizer.encode_kept, 10_000) for i in piece]


def _ran(asked: Asked) -> list[RunCell]:
    cells = [RunCell("code", source) for source in asked.shown]
    for request, answer in asked.earlier:
        cells += [RunCell("markdown", request), RunCell("code", answer)]
    return cells


def _context(shown: Sequence[str]) -> list[Piece]:
    return [Piece("code", f"cell {number}", source) for number, source in enumerate(shown, 1)]


def _said(asked: Asked) -> list[Message]:
    said = []
    for number, (request, answer) in enumerate(asked.earlier):
        question = Message(f"question {number}", "user", request, "")
        reply = Message(f"reply {number}", "assistant", f"```python\n{answer}\n```", "", in_reply_to=question.id)
        said += [question, reply]
    return said
