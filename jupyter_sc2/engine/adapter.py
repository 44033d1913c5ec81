"""LoRA adapters in PEFT's format: two small matrices beside a large one, added to it while the weights are read.

W + scale * (B @ A) in float32 (https://arxiv.org/abs/2106.09685), so that also weights of few bits are made of the sum.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from jupyter_sc2.engine.adapter_config import CONFIG, AdapterConfig, read_adapter_config, wrong
from jupyter_sc2.engine.folder import PICKLES, Report, check_sums
from jupyter_sc2.engine.header import Entry, read_header
from jupyter_sc2.errors import WeightsError

WEIGHTS = "adapter_model.safetensors"
_NAME = re.compile(
    r"base_model\.model\.(model\.layers\.\d{1,4}\.(?:self_attn\.[qkvo]_proj|mlp\.c_(?:fc|proj)))"
    r"\.lora_([AB])(?:\.default)?\.weight",
    re.ASCII,
)


@dataclass(frozen=True)
class Pair:
    """Names of a module's two matrices in the file: A [rank, inputs] and B [columns, rank]."""

    a: str
    b: str
    scale: float


class Adapter:
    """An adapter that fits its base weights. `sha256` is that of its two files, as of weights in several files."""

    def __init__(self, folder: Path, pairs: dict[str, Pair], sha256: str) -> None:
        self.path, self.pairs, self.sha256 = folder / WEIGHTS, pairs, sha256

    def over(self, base: str) -> str:
        """SHA-256 of base weights, themselves named by theirs, with this adapter."""
        return hashlib.sha256(f"{base}+{self.sha256}".encode()).hexdigest()

    def merged(self, tensors: Iterable[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
        """The base weights' tensors, those that the adapter changes in float32."""
        for name, tensor in tensors:
            pair = self.pairs.get(name)
            yield name, self._sum(tensor, pair) if pair else tensor

    @torch.no_grad()
    def _sum(self, tensor: Tensor, pair: Pair) -> Tensor:
        try:
            with safe_open(self.path, framework="pt") as file:
                a, b = file.get_tensor(pair.a).float(), file.get_tensor(pair.b).float()
        except (SafetensorError, OSError):
            message = f"{self.path} changed or went away while it was read."
            raise WeightsError("weights_corrupt", message) from None
        return tensor.to(torch.float32, copy=True).addmm_(b, a, alpha=pair.scale)


def read_adapter(folder: Path, shapes: Mapping[str, tuple[int, ...]], report: Report) -> Adapter:
    """Checks an adapter against the `shapes` of the base weights' tensors. Its tensors are read when they are merged.

    Raises WeightsError: `no_weights`, `weights_corrupt`, `weights_unsafe`, `wrong_adapter`.
    """
    config, path = read_adapter_config(folder), folder / WEIGHTS
    if not path.is_file():
        pickles = sorted(found.name for found in folder.glob("adapter_model*") if found.suffix in PICKLES)
        if pickles:
            message = f"{folder / pickles[0]} is a pickle, which could run code; refused."
            raise WeightsError("weights_unsafe", message, "Save the adapter with safetensors.")
        raise WeightsError("no_weights", f"No adapter in {folder}: {WEIGHTS} is missing.")
    pairs = _pairs(folder, config, read_header(path), shapes)
    return Adapter(folder, pairs, check_sums(folder, [folder / CONFIG, path], report))


def _pairs(
    folder: Path, config: AdapterConfig, entries: Mapping[str, Entry], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Pair]:
    """The name of each tensor that is changed, with its pair."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(entries):
        match = _NAME.fullmatch(name)
        if match is None or f"{match[1]}.weight" not in shapes:
            embeds = "lm_head" in name or "embed" in name
            raise wrong(folder, "changes embeddings or the output layer" if embeds else f"holds {name[:100]!r}")
        if found.setdefault(match[1], {}).setdefault(match[2], name) != name:
            raise WeightsError("weights_corrupt", f"{folder / WEIGHTS} holds {match[1]} twice.")
    if not found:
        raise WeightsError("weights_corrupt", f"{folder / WEIGHTS} is empty.")
    missing = sorted(config.named - {module.rpartition(".")[2] for module in found})
    if missing:
        message = f"{folder / WEIGHTS} holds nothing for {missing[0]}, which {CONFIG} names."
        raise WeightsError("weights_corrupt", message)
    return {
        f"{module}.weight": _pair(folder, config, module, names, entries, shapes) for module, names in found.items()
    }


def _pair(
    folder: Path,
    config: AdapterConfig,
    module: str,
    names: Mapping[str, str],
    entries: Mapping[str, Entry],
    shapes: Mapping[str, tuple[int, ...]],
) -> Pair:
    path = folder / WEIGHTS
    if names.keys() != {"A", "B"}:
        raise WeightsError("weights_corrupt", f"{path} holds only one of the two matrices of {module}.")
    (columns, inputs), rank = shapes[f"{module}.weight"], config.rank(module)
    for half, expected in (("A", (rank, inputs)), ("B", (columns, rank))):
        shape = entries[names[half]].shape
        if shape != expected:
            message = f"{path}: {names[half]} has the wrong shape: {list(expected)} expected, {list(shape)} found."
            hint = "The adapter was made for other weights, or its files do not belong together."
            raise WeightsError("wrong_adapter", message, hint)
    return Pair(names["A"], names["B"], config.scale(module))
