"""Tokens and the chances of their rivals, in the two forms that OpenAI gives them."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.messages.openai import (
    OpenAIChatLogprobs,
    OpenAITextLogprobs,
    OpenAITokenLogprob,
    OpenAITopLogprob,
)
from jupyter_sc2.prompt.plain import Token, bytes_of
from jupyter_sc2.tokenizer import Tokenizer

LEAST = -9999.0  # JSON has no minus infinity; OpenAI writes this instead


def text_logprobs(tokens: Sequence[Token], tokenizer: Tokenizer) -> OpenAITextLogprobs:
    def name(token_id: int) -> str:
        return _name(bytes_of(token_id, tokenizer), "bytes:")

    return OpenAITextLogprobs(
        tokens=[name(token.id) for token in tokens],
        token_logprobs=[_finite(token.logprob.logprob) for token in tokens],
        top_logprobs=[
            {
                **{name(other): _finite(value) for other, value in token.logprob.top},
                name(token.id): _finite(token.logprob.logprob),
            }
            for token in tokens
        ],
        text_offset=[token.offset for token in tokens],
    )


def chat_logprobs(tokens: Sequence[Token], tokenizer: Tokenizer) -> OpenAIChatLogprobs:
    def top(token_id: int, value: float) -> OpenAITopLogprob:
        spelled = bytes_of(token_id, tokenizer)
        return OpenAITopLogprob(_name(spelled), _finite(value), list(spelled))

    content = []
    for token in tokens:
        own = top(token.id, token.logprob.logprob)
        others = [top(other, value) for other, value in token.logprob.top]
        content.append(OpenAITokenLogprob(own.token, own.logprob, own.bytes, others))
    return OpenAIChatLogprobs(content)


def _name(spelled: bytes, mark: str = "") -> str:
    r"""A token as text. One that is a part of a character is written as its bytes: `\xf0\x9f`."""
    try:
        return spelled.decode()
    except UnicodeDecodeError:
        return mark + "".join(f"\\x{byte:02x}" for byte in spelled)


def _finite(value: float) -> float:
    return max(value, LEAST)
