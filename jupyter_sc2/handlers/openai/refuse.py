"""What OpenAI's API knows and this server cannot do. Ignored it would change the answer without a word."""

from __future__ import annotations

from jupyter_sc2.handlers.openai.errors import BadRequest
from jupyter_sc2.messages.openai import (
    OpenAIChatRequest,
    OpenAICompletionRequest,
    OpenAISampling,
)


def refuse_sampling(request: OpenAISampling) -> None:
    if any(request.logit_bias.values()) if request.logit_bias else False:
        raise _unsupported("logit_bias")
    if request.stream_options is not None and not request.stream:
        raise BadRequest("`stream_options` needs `stream`.", "stream_options")


def refuse_completion(request: OpenAICompletionRequest) -> None:
    """Raises BadRequest."""
    refuse_sampling(request)
    if request.best_of is not None and request.best_of != (request.n or 1):
        raise BadRequest("`best_of` must equal `n`: no choices are written only to be dropped.", "best_of")
    if request.echo and request.suffix:
        raise BadRequest("`echo` cannot be used with `suffix`.", "echo")
    if request.echo and request.logprobs is not None:
        raise BadRequest("`echo` cannot be used with `logprobs`: those of a prompt are not known.", "echo")


def refuse_chat(request: OpenAIChatRequest) -> None:
    """Raises BadRequest."""
    refuse_sampling(request)
    for name in ("tools", "functions"):
        if getattr(request, name):
            raise _unsupported(name)
    if (request.response_format or {}).get("type", "text") != "text":
        raise _unsupported("response_format")
    if request.top_logprobs is not None and not request.logprobs:
        raise BadRequest("`top_logprobs` needs `logprobs`.", "top_logprobs")


def _unsupported(name: str) -> BadRequest:
    return BadRequest(f"`{name}` is not supported by these weights.", name, "unsupported_parameter")
