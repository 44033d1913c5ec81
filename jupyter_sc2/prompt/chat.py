"""The prompt of a conversation with a base model: its questions as text, its replies as code, the context as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from jupyter_sc2.messages import Message, Piece
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.structured import Part, ReplyPrompt, build
from jupyter_sc2.tokenizer import Tokenizer

_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


def chat_prompt(
    said: Sequence[Message],
    context: Sequence[Piece],
    question: str,
    tokenizer: Tokenizer,
    limit: int,
    language: str = "python",
    examples: Sequence[Part] = EXAMPLES,
) -> ReplyPrompt:
    """At most `limit` ids; the oldest messages give way. Raises `too_large` when the question alone does not fit."""
    earlier = [*_exchanges(said), *_cells(context)]
    return build(examples, earlier, question, tokenizer, limit, language)


def _exchanges(said: Sequence[Message]) -> Iterator[Part]:
    """Questions that were answered with code, each after the cells that were shown with it."""
    by_id = {message.id: message for message in said}
    for before, reply in zip([None, *said], said, strict=False):
        question = by_id.get(reply.in_reply_to) if reply.in_reply_to else before
        code = [Part("code", found) for found in _FENCED.findall(reply.text) if found.strip()]
        if question and (question.role, reply.role) == ("user", "assistant") and code:
            yield from _cells(question.context)
            yield Part("text", question.text)
            yield from code


def _cells(context: Sequence[Piece]) -> list[Part]:
    kinds: dict[str, Literal["text", "code"]] = {"code": "code", "markdown": "text"}
    return [Part(kinds[piece.kind], piece.source) for piece in context if piece.source.strip()]
