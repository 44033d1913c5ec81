"""Bodies of HTTP requests. Offsets count Unicode code points."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from jupyter_sc2.messages.bounds import MAX_BODY_BYTES, MAX_CELLS, MAX_NEW_TOKENS, Identifier, Role, Sha256, Uuid
from jupyter_sc2.messages.conversation import Piece
from jupyter_sc2.messages.state import Snapshot, StateRef

Sequential = Annotated[int, Meta(ge=0, le=2**53)]
Words = Annotated[str, Meta(min_length=1, max_length=32_768)]
Language = Annotated[str, Meta(max_length=64)]


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """One notebook cell. `source` is left out when the server already knows `sha`, its SHA-256 in UTF-8."""

    id: Identifier
    kind: Literal["code", "markdown", "raw"]
    sha: Sha256
    source: Annotated[str, Meta(max_length=MAX_BODY_BYTES)] | None = None


class Cursor(Struct, frozen=True, forbid_unknown_fields=True):
    """A position in a cell: `offset` code points from its start."""

    cell_id: Identifier
    offset: Annotated[int, Meta(ge=0, le=MAX_BODY_BYTES)]


class CompletionOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """`temperature` 0 is greedy. `max_new_tokens` 0 only warms the cache. Without `seed` the engine draws one."""

    max_new_tokens: Annotated[int, Meta(ge=0, le=MAX_NEW_TOKENS)] = 64
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None


class CompletionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /sc2/complete`. A newer `seq` of the same `editor_id` supersedes the older one.

    `path` is the notebook's, as in Jupyter's contents API. A file of text (`is_file`) comes as one code cell. `beside`
    are other notebooks that are open.
    """

    protocol: Literal[1]
    request_id: Identifier
    client_id: Identifier
    editor_id: Identifier
    seq: Sequential
    role: Annotated[Role, Meta(extra_json_schema={"const": "ghost"})]  # the others have routes of their own
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=MAX_CELLS)]
    cursor: Cursor
    state: StateRef | None = None
    path: Annotated[str, Meta(max_length=4096)] = ""
    is_file: bool = False
    beside: Annotated[list[StateRef], Meta(max_length=4)] = []
    language: Language = "python"
    options: CompletionOptions = CompletionOptions()


class ReplyOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """As CompletionOptions, for whole answers."""

    max_new_tokens: Annotated[int, Meta(ge=1, le=MAX_NEW_TOKENS)] = 256
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None


class RunCell(Struct, frozen=True, forbid_unknown_fields=True):
    """A cell as the kernel ran it, or a request in words (`markdown`) that came before."""

    kind: Literal["code", "markdown"]
    source: Annotated[str, Meta(max_length=MAX_BODY_BYTES)]


class MagicRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /sc2/magic`: code for `request`, after `cells` in the order in which they ran.

    `snapshot` are the kernel's names at this moment.
    """

    protocol: Literal[1]
    request_id: Identifier
    client_id: Identifier
    editor_id: Identifier
    seq: Sequential
    request: Words
    role: Literal["magic"] = "magic"
    cells: Annotated[list[RunCell], Meta(max_length=MAX_CELLS)] = []
    snapshot: Snapshot | None = None
    language: Language = "python"
    options: ReplyOptions = ReplyOptions()
    show_prompt: bool = False


class OpenConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /sc2/conversations`. `path` is the notebook's, as in Jupyter's contents API; empty for none."""

    path: Annotated[str, Meta(max_length=4096)]


class ChatRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /sc2/chat`. `revision` is the one that the page shows; the server refuses to talk past it."""

    protocol: Literal[1]
    request_id: Identifier
    client_id: Identifier
    seq: Sequential
    conversation_id: Uuid
    revision: Sequential
    message: Words
    role: Literal["chat"] = "chat"
    context: Annotated[list[Piece], Meta(max_length=16)] = []
    language: Language = "python"
    options: ReplyOptions = ReplyOptions()
