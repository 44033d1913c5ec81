"""What is taken of a repository: safetensors, the tokenizer, a few named files, and nothing that can run."""

from __future__ import annotations

import json
import re
from typing import Annotated

from msgspec import Meta, Struct

from jupyter_sc2.engine.folder import INDEX, PICKLES, SINGLE
from jupyter_sc2.errors import WeightsError

CONFIG, ADAPTER_CONFIG, ADAPTER = "config.json", "adapter_config.json", "adapter_model.safetensors"
CHOOSE = "Choose other weights of StarCoder2, or tell whoever published these."
MAX_SMALL_BYTES = 64 << 20  # of a file that is no weights: tokenizer.json has 2 MB
MAX_WEIGHTS_BYTES = 1 << 38  # of a file; all shards of the 15B together have 64 GB
MAX_FILES = 1000
_BESIDE = {
    "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json",
    "merges.txt", "chat_template.jinja", "README.md",
}  # fmt: skip
_LICENCE = re.compile(r"LICEN[CS]E([._-][A-Za-z0-9]+)*", re.ASCII)
_SHARD = re.compile(r"[\w-][\w.-]{0,200}\.safetensors", re.ASCII)

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\w-][\w.-]*$(?!\n)")]

Commit = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}$(?!\n)")]


class File(Struct, frozen=True):
    """A file of a commit. `etag`: the SHA-256 of a large one, git's object id (SHA-1) of a small one, in hex."""

    name: Name
    size: Annotated[int, Meta(ge=0, le=MAX_WEIGHTS_BYTES)]
    etag: Annotated[str, Meta(pattern=r"^([0-9a-f]{64}|[0-9a-f]{40})$(?!\n)")]


Listing = dict[str, File]


def is_wanted(name: str) -> bool:
    """Whether a file of this name may be fetched or unpacked at all."""
    return (
        name in {CONFIG, ADAPTER_CONFIG, INDEX}
        or name in _BESIDE
        or is_licence(name)
        or _SHARD.fullmatch(name) is not None
    )


def is_licence(name: str) -> bool:
    return _LICENCE.fullmatch(name) is not None and not name.endswith((".py", *PICKLES))


def is_adapter(listing: Listing) -> bool:
    """Whether the repository holds a LoRA adapter only."""
    return ADAPTER_CONFIG in listing and CONFIG not in listing


def check_form(weights: str, listing: Listing, names: list[str]) -> None:
    """Raises WeightsError unless there are safetensors. `names` are those of all files, wanted or not."""
    config, single = (ADAPTER_CONFIG, ADAPTER) if is_adapter(listing) else (CONFIG, SINGLE)
    if single in listing or (INDEX in listing and not is_adapter(listing)):
        if config in listing:
            return
        raise WeightsError("no_weights", f"{weights} has no {config}, so nobody knows what its weights are.", CHOOSE)
    pickles = sorted(name for name in names if name.endswith(PICKLES))
    if pickles:
        reason = f"{weights} holds only pickles ({pickles[0][:80]}), which could run code; refused."
        raise WeightsError("weights_unsafe", reason, "Use a safetensors version of these weights.")
    raise WeightsError("no_weights", f"{weights} holds no safetensors weights.", CHOOSE)


def choose(weights: str, listing: Listing, index: bytes | None) -> list[File]:
    """The files to fetch, small ones first. `index` is that of sharded weights. Raises WeightsError."""
    if is_adapter(listing):
        named, config = {ADAPTER}, {ADAPTER_CONFIG}
    else:
        named, config = ({SINGLE}, {CONFIG}) if index is None else (_shards(weights, listing, index), {CONFIG, INDEX})
    small = [file for name, file in listing.items() if name in config | _BESIDE or is_licence(name)]
    large = [listing[name] for name in sorted(named)]
    if (too_large := next((file.name for file in small if file.size > MAX_SMALL_BYTES), "")) or len(small) > MAX_FILES:
        reason = f"{weights} is not as expected: {too_large or 'its list'} is too large."
        raise WeightsError("weights_unsafe", reason, CHOOSE)
    return sorted(small, key=lambda file: file.name) + large


def _shards(weights: str, listing: Listing, index: bytes) -> set[str]:
    try:
        names = set(json.loads(index)["weight_map"].values())
        unsafe = sorted(name for name in names if not _SHARD.fullmatch(name))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reason = f"{INDEX} of {weights} is no index of safetensors files."
        raise WeightsError("weights_corrupt", reason, CHOOSE) from None
    if unsafe:
        reason = f"{INDEX} of {weights} names {unsafe[0][:80]!r}, which is no file of its folder; refused."
        raise WeightsError("weights_unsafe", reason, CHOOSE)
    missing = sorted(names - listing.keys())
    if missing or not 0 < len(names) <= MAX_FILES:
        reason = (
            f"{weights} is incomplete on the Hub: {(missing or ['a shard'])[0]}, which its index names, is not there."
        )
        raise WeightsError("weights_corrupt", reason, CHOOSE)
    return names
