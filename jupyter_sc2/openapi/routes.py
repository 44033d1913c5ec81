"""Every route of the server. A test holds this table and the handlers together."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from jupyter_sc2.messages import (
    ChatRequest,
    CompletionRequest,
    Conversation,
    Done,
    Failure,
    Loading,
    MagicRequest,
    NeedCells,
    OpenConversation,
    OpenedConversation,
    Prefill,
    Queued,
    ReplyDone,
    ShownPrompt,
    Status,
    Text,
    Uuid,
)
from jupyter_sc2.messages.openai import (
    OpenAIChatChunk,
    OpenAIChatCompletion,
    OpenAIChatRequest,
    OpenAICompletion,
    OpenAICompletionRequest,
    OpenAIError,
    OpenAIModel,
    OpenAIModels,
)
from jupyter_sc2.openapi.route import ALWAYS, GENERATING, WITH_BODY, Route, openai

PROGRESS = (Queued, Loading, Prefill, Text)
ASKING = (*ALWAYS, *WITH_BODY, *GENERATING)
Name = Annotated[str, Meta(min_length=1)]
Anything = dict[str, Any]

ROUTES = (
    Route("get", "/sc2/status", "The state of every engine.", {200: Status}),
    Route(
        "post",
        "/sc2/complete",
        "Text at the cursor of a notebook or file.",
        {200: None},
        body=CompletionRequest,
        events=(*PROGRESS, Done, Failure),
        errors=ASKING,
        also={409: NeedCells},
    ),
    Route(
        "post",
        "/sc2/magic",
        "Code for a request in words.",
        {200: None},
        body=MagicRequest,
        events=(*PROGRESS, ShownPrompt, ReplyDone, Failure),
        errors=ASKING,
    ),
    Route(
        "post",
        "/sc2/chat",
        "The next reply of a conversation that the server keeps.",
        {200: None},
        body=ChatRequest,
        events=(*PROGRESS, ReplyDone, Failure),
        errors=ASKING,
    ),
    Route(
        "post",
        "/sc2/conversations",
        "Opens the conversation of a notebook.",
        {200: OpenedConversation},
        body=OpenConversation,
        errors=(*ALWAYS, *WITH_BODY, 503),
    ),
    Route(
        "get",
        "/sc2/conversations/{id}",
        "A conversation as it is now.",
        {200: Conversation},
        path_types={"id": Uuid},
    ),
    Route(
        "delete",
        "/sc2/conversations/{id}",
        "Forgets a conversation for ever.",
        {204: None},
        path_types={"id": Uuid},
    ),
    Route(
        "delete",
        "/sc2/requests/{request_id}",
        "Cancels a request, whose stream then ends with `done{cancelled}`.",
        {204: None},
        path_types={"request_id": Name},
    ),
    Route("post", "/sc2/restart", "Loads the weights anew; open requests end.", {204: None}),
    Route("get", "/sc2/snapshot-code", "What a page asks a kernel for its names with.", {200: str}),
    Route("get", "/sc2/openapi.json", "This description.", {200: Anything}),
    Route("get", "/sc2/v1/models", "The roles, and the weights that answer them.", {200: OpenAIModels}, **openai()),
    Route(
        "get",
        "/sc2/v1/models/{model}",
        "A role or weights.",
        {200: OpenAIModel},
        **openai(503),
        path_types={"model": Name},
    ),
    Route(
        "post",
        "/sc2/v1/completions",
        "What follows a text, or stands between two.",
        {200: OpenAICompletion},
        body=OpenAICompletionRequest,
        events=(OpenAICompletion, OpenAIError),
        ending="[DONE]",
        **openai(413, 415, 429, 503),
    ),
    Route(
        "post",
        "/sc2/v1/chat/completions",
        "The next message of a conversation that the client keeps.",
        {200: OpenAIChatCompletion},
        body=OpenAIChatRequest,
        events=(OpenAIChatChunk, OpenAIError),
        ending="[DONE]",
        **openai(413, 415, 429, 503),
    ),
)
