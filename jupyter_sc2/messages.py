"""Every message that crosses a boundary: HTTP bodies, server-sent events, and frames of the worker's pipe.

One definition gives parsing, bounds and encoding. Offsets count Unicode code points, sizes count what their names say.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

PROTOCOL = 1

# `$` alone would allow a line end after the last character.
Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[\w.:/@-]+$(?!\n)")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Role = Literal["ghost", "magic", "chat"]

MAX_BODY_BYTES = 1 << 20
MAX_CELLS = 2000
MAX_NEW_TOKENS = 1024
MAX_PROMPT_IDS = 16384


# --- HTTP bodies ---------------------------------------------------------------------------------------------------


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
    """Body of `POST /sc2/complete`. A newer `seq` of the same `editor_id` supersedes the older one."""

    protocol: Literal[1]
    request_id: Identifier
    client_id: Identifier
    editor_id: Identifier
    seq: Annotated[int, Meta(ge=0, le=2**53)]
    role: Role
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=MAX_CELLS)]
    cursor: Cursor
    language: Annotated[str, Meta(max_length=64)] = "python"
    options: CompletionOptions = CompletionOptions()


# --- Server-sent events --------------------------------------------------------------------------------------------


class Usage(Struct, frozen=True):
    """Counts of token ids. `recomputed_ids` are those of the prompt that the KV cache did not hold."""

    prompt_ids: int
    recomputed_ids: int
    new_ids: int


class Provenance(Struct, frozen=True):
    """What made a text: enough to replay it and to meet the duties of its licence."""

    weights: str
    weights_sha256: str
    adapter: str | None
    precision: str
    prompt_sha256: str
    options: dict[str, Any]
    seed: int
    format_version: int
    versions: dict[str, str]


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
    """`truncated` says that the context did not hold every cell."""

    finish: Finish
    usage: Usage
    provenance: Provenance | None = None
    truncated: bool = False


class Failure(Struct, frozen=True, tag="error"):
    """The one shape of an error, as an event and as the body of a 4xx or 5xx answer."""

    code: str
    message: str
    hint: str = ""
    request_id: str = ""


class NeedCells(Failure, frozen=True, tag="error", kw_only=True):
    """Body of a 409 `need_cells`: the request is to be repeated with the sources of these cells."""

    missing: list[Sha256]


Event = Queued | Loading | Prefill | Text | Done | Failure


# --- Frames from the supervisor to the worker ----------------------------------------------------------------------


class Load(Struct, frozen=True, tag="load"):
    """First frame after the handshake. `cache_bytes` bounds all KV caches together."""

    folder: str
    threads: int
    cache_bytes: int
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    device: str = "auto"


class Submit(Struct, frozen=True, tag="submit"):
    """A prompt by id. Smaller `priority` runs first. Sequences of one `cache_key` reuse each other's KV cache.

    The answer begins by spelling `spell`, text that was typed but left out of `ids` (token healing).
    """

    request_id: str
    ids: list[int]
    max_new_tokens: int
    temperature: float
    top_p: float
    seed: int
    stop_ids: list[int]
    priority: int
    cache_key: str
    spell: str = ""


class Cancel(Struct, frozen=True, tag="cancel"):
    request_id: str


class Stop(Struct, frozen=True, tag="stop"):
    """Finish at once and exit 0."""


ToWorker = Load | Submit | Cancel | Stop


# --- Frames from the worker to the supervisor ----------------------------------------------------------------------


class Hello(Struct, frozen=True, tag="hello"):
    protocol: int
    pid: int


class LoadProgress(Struct, frozen=True, tag="load_progress"):
    share: float


class Ready(Struct, frozen=True, tag="ready"):
    """The weights answer from now on. `versions` and `weights_sha256` go into every provenance."""

    weights_sha256: str
    precision: str
    device: str
    max_positions: int
    memory_bytes: int
    versions: dict[str, str]


class PrefillProgress(Struct, frozen=True, tag="prefill_progress"):
    request_id: str
    done: int
    total: int


class Tokens(Struct, frozen=True, tag="tokens"):
    """New ids. `recomputed_ids` as in Usage, so that a request that is ended from above has its count too."""

    request_id: str
    ids: list[int]
    recomputed_ids: int = 0


class Finished(Struct, frozen=True, tag="finished"):
    request_id: str
    finish: Finish
    usage: Usage


class Failed(Struct, frozen=True, tag="failed"):
    """A request's failure, or the load's when `request_id` is empty."""

    code: str
    message: str
    hint: str = ""
    request_id: str = ""


FromWorker = Hello | LoadProgress | Ready | PrefillProgress | Tokens | Finished | Failed


# --- Status --------------------------------------------------------------------------------------------------------

EngineState = Literal["off", "loading", "ready", "restarting", "failed"]


class EngineStatus(Struct, frozen=True):
    """State of one engine, in `GET /sc2/status` and on the event bus. `failure` explains restarting and failed."""

    weights: str
    state: EngineState
    roles: list[Role]
    running: int
    waiting: int
    share: float | UnsetType = UNSET
    details: Ready | None = None
    failure: Failure | None = None


class Status(Struct, frozen=True):
    protocol: int
    version: str
    engines: list[EngineStatus]


def encode_event(event: Event) -> bytes:
    """One server-sent event."""
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
