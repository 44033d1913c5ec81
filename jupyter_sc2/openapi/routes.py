"""Every route of the server. A test holds this table and the handlers together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from jupyter_sc2.messages import (
    AnswerLicence,
    Catalogue,
    ChatRequest,
    ChooseWeights,
    CompletionRequest,
    Conversation,
    Done,
    Failure,
    Licence,
    Loading,
    MagicRequest,
    ModelSettings,
    NeedCells,
    OpenConversation,
    OpenedConversation,
    Prefill,
    Queued,
    ReplyDone,
    Role,
    RoleChoice,
    ShownPrompt,
    Status,
    Text,
    Uuid,
    WeightsAction,
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
Action = Literal["download", "pause", "cancel", "delete", "load", "unload", "reload"]
CHANGING = (*ALWAYS, *WITH_BODY, 409, 503, 507)

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
    Route("get", "/sc2/models", "Which weights there are, what they need, and what uses them.", {200: Catalogue}),
    Route(
        "put", "/sc2/models/settings", "What holds for all weights.", {204: None}, body=ModelSettings, errors=CHANGING
    ),
    Route(
        "post",
        "/sc2/models/{action}",
        "Fetches weights, removes them, or has them in memory or not.",
        {202: None, 204: None},
        body=WeightsAction,
        errors=CHANGING,
        path_types={"action": Action},
    ),
    Route(
        "put",
        "/sc2/roles/{role}",
        "Chooses what answers for ghost text, the magic or the chat. The answer may come before the new weights.",
        {200: RoleChoice},
        body=ChooseWeights,
        errors=CHANGING,
        path_types={"role": Role},
    ),
    Route("get", "/sc2/licences/{id}", "The terms of a licence.", {200: Licence}, path_types={"id": Name}),
    Route(
        "put",
        "/sc2/licences/{id}",
        "Accepts a licence or refuses it.",
        {200: Licence},
        body=AnswerLicence,
        errors=CHANGING,
        path_types={"id": Name},
    ),
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
        **openai(409, 413, 415, 429, 503),
    ),
    Route(
        "post",
        "/sc2/v1/chat/completions",
        "The next message of a conversation that the client keeps.",
        {200: OpenAIChatCompletion},
        body=OpenAIChatRequest,
        events=(OpenAIChatChunk, OpenAIError),
        ending="[DONE]",
        **openai(409, 413, 415, 429, 503),
    ),
)
