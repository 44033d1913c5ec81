"""What an adapter's `adapter_config.json` asks for: PEFT's LoraConfig of release 0.21. Nothing is ignored silently."""

from __future__ import annotations

import json
import re
from math import sqrt
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from jupyter_sc2.errors import WeightsError

CONFIG = "adapter_config.json"
MAX_BYTES = 1 << 20
KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "c_fc", "c_proj")

Rank = Annotated[int, Meta(ge=1, le=4096)]
Alpha = Annotated[float, Meta(ge=-1e6, le=1e6)]
Number = TypeVar("Number", int, float)

_PLAIN = re.compile(r"[\w.]+", re.ASCII)
# Fields that say nothing about the mathematics of a finished adapter.
_HARMLESS = {
    "auto_mapping", "base_model_name_or_path", "eva_config", "exclude_modules", "inference_mode", "layers_pattern",
    "layers_to_transform", "lora_dropout", "megatron_core", "peft_type", "peft_version", "qalora_group_size",
    "revision", "runtime_config", "target_modules", "task_type",
}  # fmt: skip
_STARTS = {"gaussian", "orthogonal", "eva"}  # other ways to begin (PiSSA, OLoRA, CorDA, LoftQ) change the base weights
_REFUSED = {
    "use_dora": "is DoRA, which scales the weights themselves",
    "modules_to_save": "brings whole layers of its own (modules_to_save)",
    "fan_in_fan_out": "is for transposed weights (fan_in_fan_out), which StarCoder2 does not have",
    "trainable_token_indices": "changes embeddings (trainable_token_indices)",
    "layer_replication": "repeats layers (layer_replication)",
}


class AdapterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that change the mathematics. Patterns give ranks and alphas of single modules."""

    r: Rank
    lora_alpha: Alpha
    use_rslora: bool = False
    rank_pattern: Annotated[dict[str, Rank], Meta(max_length=100_000)] = {}
    alpha_pattern: Annotated[dict[str, Alpha], Meta(max_length=100_000)] = {}
    target_modules: list[str] | str | None = None

    def rank(self, module: str) -> int:
        return _of(self.rank_pattern, module, self.r)

    def scale(self, module: str) -> float:
        """What the product of a module's two matrices is multiplied with."""
        alpha, rank = _of(self.alpha_pattern, module, self.lora_alpha), self.rank(module)
        return alpha / (sqrt(rank) if self.use_rslora else rank)

    @property
    def named(self) -> set[str]:
        """The kinds of modules that the adapter says it changes everywhere, as far as StarCoder2 has them."""
        return set(KINDS) & set(self.target_modules) if isinstance(self.target_modules, list) else set()


def read_adapter_config(folder: Path) -> AdapterConfig:
    """Raises WeightsError: `no_weights`, `weights_corrupt`, or `wrong_adapter` for what is not computed here."""
    path = folder / CONFIG
    try:
        with path.open("rb") as file:
            raw: dict[str, Any] = json.loads(file.read(MAX_BYTES))
        if not isinstance(raw, dict):
            raise ValueError
    except (FileNotFoundError, NotADirectoryError):
        hint = f"Choose a folder that holds {CONFIG} and adapter_model.safetensors."
        raise WeightsError("no_weights", f"No adapter in {folder}: {CONFIG} is missing.", hint) from None
    except (OSError, ValueError, RecursionError):
        raise WeightsError("weights_corrupt", f"{path} is not readable JSON.") from None
    _refuse(folder, raw)
    try:
        config = msgspec.convert(raw, AdapterConfig)
    except msgspec.ValidationError as error:
        raise WeightsError("weights_corrupt", f"{path} does not describe a LoRA adapter: {error}.") from None
    unclear = [key for key in (*config.rank_pattern, *config.alpha_pattern) if not _PLAIN.fullmatch(key)]
    if unclear:  # PEFT takes them for regular expressions, some of which run for ever
        raise wrong(folder, f"names modules by the pattern {unclear[0][:80]!r}")
    return config


def wrong(folder: Path, reason: str) -> WeightsError:
    hint = "Merge it into its base weights with PEFT, or choose a plain LoRA adapter for StarCoder2."
    return WeightsError("wrong_adapter", f"The adapter in {folder} {reason}; this is not supported.", hint)


def _refuse(folder: Path, raw: dict[str, Any]) -> None:
    """What would be computed wrongly without a word. A field that nobody knew when this was written counts as that."""
    if "auto_map" in raw:
        raise WeightsError("weights_unsafe", f"{folder / CONFIG} asks to run code of its own (auto_map); refused.")
    if raw.get("peft_type") != "LORA":
        raise wrong(folder, f"is of the kind {str(raw.get('peft_type'))[:40]!r} rather than LORA")
    for name, reason in _REFUSED.items():
        if raw.get(name):
            raise wrong(folder, reason)
    if raw.get("bias", "none") != "none" or raw.get("lora_bias"):
        raise wrong(folder, "changes biases")
    start = raw.get("init_lora_weights", True)
    if isinstance(start, str) and start not in _STARTS:
        raise wrong(folder, f"was begun as {start[:40]!r}, which changes the base weights")
    known = _HARMLESS | {"bias", "init_lora_weights"} | set(AdapterConfig.__struct_fields__)
    unknown = sorted(name for name, value in raw.items() if value and name not in known)
    if unknown:
        raise wrong(folder, f"asks for {unknown[0][:80]!r}")


def _of(pattern: dict[str, Number], module: str, default: Number) -> Number:
    """The value of the first key that is the end of a module's name, at a dot."""
    return next((value for key, value in pattern.items() if f".{module}".endswith(f".{key}")), default)
