"""The prompt of a conversation.

A base model sees its questions as text, its replies as code and the context as cells of a notebook. An instruct model
sees its template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from jupyter_sc2.messages import Message, Piece
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.instruct import Exchange, Shown, instruct_prompt
from jupyter_sc2.prompt.structured import Part, ReplyPrompt, build
from jupyter_sc2.prompt.templates import TemplateName
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


def instruct_chat_prompt(
    template: TemplateName,
    said: Sequence[Message],
    context: Sequence[Piece],
    question: str,
    tokenizer: Tokenizer,
    limit: int,
    language: str = "python",
) -> ReplyPrompt:
    """As `chat_prompt`, in the form that instruct weights were trained on."""
    earlier = [Exchange(asked.text, _shown(asked.context, language), reply.text) for asked, reply in _answered(said)]
    asked = Exchange(question, _shown(context, language))
    return instruct_prompt(template, earlier, asked, tokenizer, limit, language)


def _answered(said: Sequence[Message]) -> Iterator[tuple[Message, Message]]:
    """Questions with their replies. Two pages may ask at the same time, so a reply need not follow its question."""
    by_id = {message.id: message for message in said}
    for before, reply in zip([None, *said], said, strict=False):
        question = by_id.get(reply.in_reply_to) if reply.in_reply_to else before
        if question and (question.role, reply.role) == ("user", "assistant") and reply.text.strip():
            yield question, reply


def _exchanges(said: Sequence[Message]) -> Iterator[Part]:
    """Questions that were answered with code, each after the cells that were shown with it."""
    for question, reply in _answered(said):
        code = [Part("code", found) for found in _FENCED.findall(reply.text) if found.strip()]
        if code:
            yield from _cells(question.context)
            yield Part("text", question.text)
            yield from code


def _cells(context: Sequence[Piece]) -> list[Part]:
    kinds: dict[str, Literal["code", "text"]] = {"code": "code", "markdown": "text"}
    return [Part(kinds[piece.kind], piece.source) for piece in context if piece.source.strip()]


def _shown(context: Sequence[Piece], language: str) -> tuple[Shown, ...]:
    return tuple(
        Shown(piece.title, language if piece.kind == "code" else piece.kind, piece.source)
        for piece in context
        if piece.source.strip()
    )
