"""Server-sent events, and the one shape of an error."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from jupyter_sc2.messages.bounds import Sha256


class Usage(Struct, frozen=True):
    """Counts of token ids. `recomputed_ids` are those of the prompt that the KV cache did not hold."""

    prompt_ids: int
    recomputed_ids: int
    new_ids: int


class Provenance(Struct, frozen=True):
    """What made a text: enough to replay it and to meet the duties of its licence. `adapter` is None without one."""

    weights: str
    weights_sha256: str
    adapter: str | None
    precision: str
    prompt_sha256: str
    options: dict[str, Any]
    seed: int
    format_version: int
    versions: dict[str, str]
    adapter_sha256: str = ""


Finish = Literal["stop", "length", "scope", "superseded", "cancelled", "warmed"]


class Queued(Struct, frozen=True, tag="queued"):
    position: int


class Loading(Struct, frozen=True, tag="loading"):
    """`share` is 0..1 of the weights' bytes."""

    share: float


class Prefill(Struct, frozen=True, tag="prefill"):
    done: int
    total: int


class Text(Struct, frozen=True, tag="text"):
    """New characters, to be appended to those before."""

    text: str


class Done(Struct, frozen=True, tag="done"):
    """`truncated` says that the context did not hold every cell. `text` is all of the answer as it is kept.

    It stands for what came before: without what was unfinished, repeated, or made no sense where it stands.
    """

    finish: Finish
    usage: Usage
    provenance: Provenance | None = None
    truncated: bool = False
    text: str = ""


class ReplyDone(Done, frozen=True, tag="done"):
    """End of a reply in a conversation: `revision` is the newest, and `unsaved` says why it is not on disk, if so."""

    revision: int | None = None
    unsaved: str = ""


class ShownPrompt(Struct, frozen=True, tag="prompt"):
    """What the model is given, on request: special ids by their names."""

    text: str
    ids: int


class Failure(Struct, frozen=True, tag="error"):
    """The one shape of an error, as an event and as the body of a 4xx or 5xx answer."""

    code: str
    message: str
    hint: str = ""
    request_id: str = ""


class NeedCells(Failure, frozen=True, tag="error", kw_only=True):
    """Body of a 409 `need_cells`: the request is to be repeated with the sources of these cells."""

    missing: list[Sha256]


Event = Queued | Loading | Prefill | Text | Done | ReplyDone | ShownPrompt | Failure


def encode_event(event: Event) -> bytes:
    """One server-sent event."""
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
