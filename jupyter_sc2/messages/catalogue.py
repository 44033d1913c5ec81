"""What the server says about weights: which exist, what they need, how they get here, and which role uses which.

`weights` names them: `built-in`, an id of the Hugging Face Hub (`bigcode/starcoder2-3b`), or a folder's path.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from jupyter_sc2.messages.bounds import MAX_PROMPT_IDS, Role
from jupyter_sc2.messages.events import Failure

WeightsName = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f]+$(?!\n)")]
WeightsKind = Literal["base", "instruct", "chat"]
Precision = Literal["auto", "float32", "bfloat16", "int8", "int4"]
Presence = Literal["absent", "partial", "complete"]
DownloadState = Literal["starting", "running", "checking", "paused", "failed", "done"]

# --- What the server says


class MemoryNeed(Struct, frozen=True):
    """Memory in bytes that weights need in a precision, KV cache included, and whether it is free here."""

    precision: Precision
    bytes: int
    fits: bool


class CatalogueEntry(Struct, frozen=True):
    """Weights that can be chosen. `download_bytes` is what the Hub sends, 0 for what comes from elsewhere.

    `languages` are the programming languages that the weights saw, of `language_count`. `licence` is the id of one of
    `Catalogue.licences`; empty where nothing has to be accepted. `verdict`: how they suit the machine, in a sentence.
    """

    weights: str
    title: str
    kind: WeightsKind
    parameters: int
    download_bytes: int
    disk_bytes: int
    memory: list[MemoryNeed]
    languages: list[str]
    language_count: int
    licence: str
    licence_name: str
    card: str
    presence: Presence
    revision: str
    verdict: str
    suited_for: list[Role]


class Device(Struct, frozen=True):
    """`name` as in Sc2App.device; bytes of its memory."""

    name: str
    title: str
    memory_bytes: int
    free_bytes: int


class Machine(Struct, frozen=True):
    """`disk_free_bytes` is free where downloads go, which is `disk_path`. Processors without `few_bits` are too old for
    the kernels of int8 and int4."""

    cpus: int
    memory_bytes: int
    memory_free_bytes: int
    disk_free_bytes: int
    disk_path: str
    devices: list[Device]
    few_bits: bool = True


class Recommendation(Struct, frozen=True):
    """The best weights that fit, and why. `reason` is a sentence or two."""

    weights: str
    precision: Precision
    reason: str


class Download(Struct, frozen=True):
    """A download of weights. Sizes in bytes, `rate` in bytes a second, `seconds_left` None while it is not known.

    `note` says why it does not go on at the moment, such as a line that dropped and will be tried again.
    """

    weights: str
    state: DownloadState
    done: int
    total: int
    rate: float = 0.0
    seconds_left: float | None = None
    failure: Failure | None = None
    note: str = ""


class Restriction(Struct, frozen=True):
    """A use that a licence does not allow, in our own words. `letter` is that of the licence's own list."""

    letter: str
    text: str


class Acceptance(Struct, frozen=True):
    """Who accepted a licence, when (ISO 8601, UTC), which version, and whether for everyone on this server."""

    licence: str
    version: str
    who: str
    time: str
    for_server: bool = False


class Licence(Struct, frozen=True):
    """`duties` and `restrictions` are in our own words; `url` leads to the text that counts. `text` is the licence file
    that the downloaded weights carry, empty where there is none."""

    id: str
    title: str
    version: str
    url: str
    duties: list[str]
    restrictions: list[Restriction]
    acceptance: Acceptance | None = None
    text: str = ""


class RoleChoice(Struct, frozen=True):
    """What a role answers with. `next_weights` are on their way while the old ones still answer; empty otherwise.

    `context` bounds prompt and reply in token ids. A `pinned` choice was made by an administrator. `note` says what was
    done otherwise than chosen, such as a smaller precision for want of memory.
    """

    role: Role
    weights: str
    adapter: str
    precision: Precision
    device: str
    context: int
    pinned: bool
    next_weights: str = ""
    note: str = ""


class Catalogue(Struct, frozen=True):
    """Answer of `GET /sc2/models`. `idle_minutes`: unused weights leave the memory after so long; 0 for never.

    `allowed` are the weights that an administrator permits; empty for all.
    """

    entries: list[CatalogueEntry]
    machine: Machine
    recommendation: Recommendation
    roles: list[RoleChoice]
    downloads: list[Download]
    licences: list[Licence]
    idle_minutes: int
    memory_budget_bytes: int
    allowed: list[str]


# --- What a page or terminal asks for


class ChooseWeights(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /sc2/roles/{role}`. `adapter` is a folder or Hub id of a LoRA adapter; empty for none."""

    weights: WeightsName
    adapter: Annotated[str, Meta(max_length=4096)] = ""
    precision: Precision = "auto"
    device: Annotated[str, Meta(max_length=32, pattern=r"^[a-z0-9:]+$(?!\n)")] = "auto"
    context: Annotated[int, Meta(ge=256, le=MAX_PROMPT_IDS)] = 4096


class WeightsAction(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /sc2/models/{action}`: download, pause, cancel, delete, load, unload or reload."""

    weights: WeightsName


class AnswerLicence(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /sc2/licences/{id}`. What is not `accepted` is neither fetched nor loaded."""

    accepted: bool
    version: Annotated[str, Meta(max_length=64)]


class ModelSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /sc2/models/settings`."""

    idle_minutes: Annotated[int, Meta(ge=0, le=10_080)]
