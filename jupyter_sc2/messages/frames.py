"""Frames of the worker's pipe, in both directions."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_sc2.messages.events import Finish, Usage

# --- From the supervisor to the worker


class Load(Struct, frozen=True, tag="load"):
    """First frame after the handshake. `cache_bytes` bounds all KV caches together.

    `libraries` is the folder where tables of libraries are kept for the second voice; without it there are none.
    `converted` is the folder where weights converted to int8 or int4 are kept; without it they are converted each time.
    `adapter` is the folder of a LoRA adapter that is merged into the weights; empty for none.
    """

    folder: str
    threads: int
    cache_bytes: int
    precision: Literal["auto", "float32", "bfloat16", "int8", "int4"] = "auto"
    device: str = "auto"
    libraries: str = ""
    converted: str = ""
    adapter: str = ""


class Submit(Struct, frozen=True, tag="submit"):
    """A prompt by id. Smaller `priority` runs first. Sequences of one `cache_key` reuse each other's KV cache.

    The answer begins by spelling `spell`, text that was typed but left out of `ids` (token healing). `libraries` are
    those that the notebook imports, for the second voice of weights that have one; None asks the weights alone.
    It looks up `document` as well, what of the notebook the prompt leaves out, and `notebooks`, the file of the table
    of what stands beside it; empty without one. A `fresh` prompt is computed whole: with a part from a cache, numbers
    are rounded otherwise, and a seed may draw another text.

    `repetition_penalty` (https://arxiv.org/abs/1909.05858) counts the prompt's ids as well. The other two are OpenAI's:
    they lower the logits of the answer's own ids by so much, each time or once. An answer ends with the id
    that completes one of the texts in `stop`; whoever asked cuts it. `logprobs` asks for the chances of each id and of
    so many others. Several `candidates` are drawn from one prompt, each with a seed that is one higher. Without
    `speculate` no ids are drafted: the answer is the same, its pace another.
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
    libraries: list[str] | None = None
    notebooks: str = ""
    document: list[int] = []
    fresh: bool = False
    top_k: int = 0
    repetition_penalty: float = 1.0
    stop: list[str] = []
    logprobs: int | None = None
    candidates: int = 1
    speculate: bool = True
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0


class Cancel(Struct, frozen=True, tag="cancel"):
    request_id: str


class Stop(Struct, frozen=True, tag="stop"):
    """Finish at once and exit 0."""


ToWorker = Load | Submit | Cancel | Stop


# --- From the worker to the supervisor


class Hello(Struct, frozen=True, tag="hello"):
    protocol: int
    pid: int


class LoadProgress(Struct, frozen=True, tag="load_progress"):
    share: float


class Ready(Struct, frozen=True, tag="ready"):
    """The weights answer from now on. `versions` and the hashes of weights and adapter go into every provenance.

    `prefill_per_second`: prompt ids that this machine reads in a second; 0 where nobody measured it.
    """

    weights_sha256: str
    precision: str
    device: str
    max_positions: int
    memory_bytes: int
    versions: dict[str, str]
    prefill_per_second: float = 0.0
    adapter_sha256: str = ""


class Reads(Struct, frozen=True, tag="reads"):
    """The machine reads so many prompt ids in a second, clearly more than was told before."""

    per_second: float


class PrefillProgress(Struct, frozen=True, tag="prefill_progress"):
    request_id: str
    done: int
    total: int


class Logprob(Struct, frozen=True, array_like=True):
    """Logarithms of chances, by the weights alone and at temperature 1: of an id, and of the likeliest ids."""

    logprob: float
    top: list[tuple[int, float]] = []


class Tokens(Struct, frozen=True, tag="tokens"):
    """New ids of one candidate, and their `logprobs` if these were asked for.

    `recomputed_ids` as in Usage, so that a request that is ended from above has its count too.
    """

    request_id: str
    ids: list[int]
    recomputed_ids: int = 0
    candidate: int = 0
    logprobs: list[Logprob] = []

    def joined(self, later: Tokens) -> Tokens | None:
        """Both as one; None where they belong to different candidates."""
        if later.candidate != self.candidate:
            return None
        ids, logprobs = [*self.ids, *later.ids], [*self.logprobs, *later.logprobs]
        return Tokens(later.request_id, ids, later.recomputed_ids, self.candidate, logprobs)


class Finished(Struct, frozen=True, tag="finished"):
    """The one end of a request. `candidates` has the end of each where there are several; `usage` counts them all."""

    request_id: str
    finish: Finish
    usage: Usage
    candidates: list[Finish] = []


class Failed(Struct, frozen=True, tag="failed"):
    """A request's failure, or the load's when `request_id` is empty."""

    code: str
    message: str
    hint: str = ""
    request_id: str = ""


FromWorker = Hello | LoadProgress | Ready | Reads | PrefillProgress | Tokens | Finished | Failed
