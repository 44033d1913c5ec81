"""A conversation, as it is kept on disk and shown on the page."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from jupyter_sc2.messages.bounds import Uuid
from jupyter_sc2.messages.events import Finish, Provenance


class Piece(Struct, frozen=True, forbid_unknown_fields=True):
    """A cell, or what is selected in one, that the user shows to the model; `title` is what the page calls it."""

    kind: Literal["code", "markdown"]
    title: Annotated[str, Meta(max_length=200)]
    source: Annotated[str, Meta(max_length=65_536)]


class Message(Struct, frozen=True):
    """What one side said. `time` is ISO 8601 in UTC, for people only: the order is that of the list.

    A reply that failed has `error`, a sentence, and the text that there was. Two pages may ask at the same time, so a
    reply names its question; `truncated` says that not all that was said and shown fitted into its prompt.
    """

    id: Uuid
    role: Literal["user", "assistant"]
    text: str
    time: str
    context: list[Piece] = []
    finish: Finish | Literal["error"] | None = None
    error: str = ""
    truncated: bool = False
    in_reply_to: Uuid | None = None
    provenance: Provenance | None = None


class Conversation(Struct, frozen=True):
    """`revision` grows by one with each message. `path` is the notebook's, empty for none.

    With `deleted` the notebook is gone, and the conversation is kept but belongs to nothing.
    """

    id: Uuid
    path: str = ""
    revision: Annotated[int, Meta(ge=0)] = 0
    messages: list[Message] = []
    deleted: bool = False
    schema_version: Literal[1] = 1


class OpenedConversation(Struct, frozen=True):
    """Answer to `POST /sc2/conversations`. `weights` reply, which converse or only complete code (`base`).

    `notice` is what the user should know of their history, such as that it could not be read.
    """

    conversation: Conversation
    weights: str
    kind: Literal["base", "instruct", "chat"]
    notice: str = ""
