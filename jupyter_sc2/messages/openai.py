"""Bodies and answers of the routes under `/sc2/v1/`, where OpenAI's conventions rule.

Unknown fields are ignored, null stands for a field that is left out, and too large a number of new ids is lowered.
What is known but cannot be done here is refused rather than ignored (`handlers/openai/refuse.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from jupyter_sc2.messages.bounds import MAX_BODY_BYTES, MAX_PROMPT_IDS

MAX_CHOICES = 8  # the engine's bound on candidates
MAX_PROMPTS = 16
MAX_STOPS = 4
DEFAULT_COMPLETION_IDS = 16

Written = Annotated[str, Meta(max_length=MAX_BODY_BYTES)]
TokenId = Annotated[int, Meta(ge=0, le=2**31 - 1)]
TokenIds = Annotated[list[TokenId], Meta(max_length=MAX_PROMPT_IDS)]
Prompts = Annotated[
    list[Written | TokenId | TokenIds],
    Meta(
        max_length=MAX_PROMPT_IDS,
        extra_json_schema={  # which Python's type cannot say: all texts, all ids, or all lists of ids
            "minItems": 1,
            "anyOf": [
                {"items": {"type": "string"}, "maxItems": MAX_PROMPTS},
                {"items": {"type": "integer"}},
                {"items": {"type": "array", "minItems": 1}, "maxItems": MAX_PROMPTS},
            ],
        },
    ),
]
StopText = Annotated[str, Meta(min_length=1, max_length=256)]
NewIds = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
FinishReason = Literal["stop", "length"]

# --- What a program asks for


class OpenAIStreamOptions(Struct, frozen=True):
    """With `include_usage` a stream's last piece counts its token ids."""

    include_usage: bool | None = None


class OpenAISampling(Struct, frozen=True, kw_only=True):
    """What both kinds of requests share. `model` is the name of weights, or a role: `ghost`, `magic` or `chat`.

    The penalties lower the chances of ids that were written already, by their count and by their mere presence.
    """

    model: Annotated[str, Meta(max_length=4096)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    stop: StopText | Annotated[list[StopText], Meta(max_length=MAX_STOPS)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    stream: bool | None = None
    stream_options: OpenAIStreamOptions | None = None
    logit_bias: dict[str, float] | None = None

    @property
    def stops(self) -> list[str]:
        return [self.stop] if isinstance(self.stop, str) else list(self.stop or ())

    @property
    def includes_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


class OpenAICompletionRequest(OpenAISampling, frozen=True, kw_only=True):
    """Body of `POST /sc2/v1/completions`. A prompt is a text or token ids; a list of prompts has at most 16.

    `suffix` is what follows the text that is wanted. With `echo` a choice begins with its prompt.
    """

    prompt: Written | Prompts = ""
    suffix: Written | None = None
    max_tokens: NewIds | None = None
    echo: bool | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    best_of: Annotated[int, Meta(ge=1, le=20)] | None = None


class OpenAIPart(Struct, frozen=True):
    """A part of a message's content. Only text is read."""

    type: Annotated[str, Meta(max_length=64)]
    text: Written | None = None


class OpenAIMessage(Struct, frozen=True):
    """One message. `developer` is another name for `system`; what tools say is not understood."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Written | Annotated[list[OpenAIPart], Meta(max_length=256)] | None = None


class OpenAIChatRequest(OpenAISampling, frozen=True, kw_only=True):
    """Body of `POST /sc2/v1/chat/completions`. `max_completion_tokens` goes before `max_tokens`, its older name."""

    messages: Annotated[list[OpenAIMessage], Meta(min_length=1, max_length=512)]
    max_tokens: NewIds | None = None
    max_completion_tokens: NewIds | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None


# --- What it gets


class OpenAICached(Struct, frozen=True):
    """Ids of the prompt that the KV cache held."""

    cached_tokens: int


class OpenAIUsage(Struct, frozen=True):
    """Counts of token ids, of all prompts and choices together."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: OpenAICached


class OpenAITextLogprobs(Struct, frozen=True):
    """Of each token: its text, the logarithm of its chance, those of the likeliest, and where it begins in `text`."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class OpenAITextChoice(Struct, frozen=True):
    index: int
    text: str
    logprobs: OpenAITextLogprobs | None = None
    finish_reason: FinishReason | None = None


class OpenAICompletion(Struct, frozen=True):
    """An answer, or a piece of one in a stream. `system_fingerprint` names the weights' bytes and their precision."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str | None
    choices: list[OpenAITextChoice]
    usage: OpenAIUsage | UnsetType | None = UNSET


class OpenAITopLogprob(Struct, frozen=True):
    """`bytes` spell the token in UTF-8; a token may be a part of a character."""

    token: str
    logprob: float
    bytes: list[int] | None


class OpenAITokenLogprob(OpenAITopLogprob, frozen=True):
    top_logprobs: list[OpenAITopLogprob]


class OpenAIChatLogprobs(Struct, frozen=True):
    content: list[OpenAITokenLogprob]
    refusal: None = None


class OpenAIReply(Struct, frozen=True):
    content: str
    role: Literal["assistant"] = "assistant"
    refusal: None = None


class OpenAIChatChoice(Struct, frozen=True):
    index: int
    message: OpenAIReply
    logprobs: OpenAIChatLogprobs | None
    finish_reason: FinishReason


class OpenAIChatCompletion(Struct, frozen=True):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str | None
    choices: list[OpenAIChatChoice]
    usage: OpenAIUsage


class OpenAIDelta(Struct, frozen=True, omit_defaults=True):
    """What is to be appended to a choice's message."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET


class OpenAIDeltaChoice(Struct, frozen=True):
    index: int
    delta: OpenAIDelta
    logprobs: OpenAIChatLogprobs | None = None
    finish_reason: FinishReason | None = None


class OpenAIChatChunk(Struct, frozen=True):
    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str | None
    choices: list[OpenAIDeltaChoice]
    usage: OpenAIUsage | UnsetType | None = UNSET


class OpenAIModel(Struct, frozen=True):
    """Weights, or a role that stands for what answers it. `created` is in seconds since 1970."""

    id: str
    created: int
    owned_by: str
    object: Literal["model"] = "model"


class OpenAIModels(Struct, frozen=True):
    data: list[OpenAIModel]
    object: Literal["list"] = "list"


class OpenAIFault(Struct, frozen=True):
    """`param` is the field that is to blame, if one is."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(Struct, frozen=True):
    """The one shape of an error under `/sc2/v1/`, also within a stream."""

    error: OpenAIFault
