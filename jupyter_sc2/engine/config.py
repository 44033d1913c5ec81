"""The architecture of StarCoder2, read from a checkpoint's `config.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from jupyter_sc2.errors import WeightsError

Size = Annotated[int, Meta(ge=1, le=1 << 20)]
Positive = Annotated[float, Meta(gt=0)]
MAX_BYTES = 4 << 20

# Fields that would change the mathematics, and the only values that this code computes.
_ONLY = {"mlp_type": "default", "norm_type": "layer_norm"}


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Hugging Face's `Starcoder2Config` fields that change the mathematics; unknown fields are ignored.

    Source: `bigcode/starcoder2-{3b,7b,15b}/config.json`. End of text is always id 0: the class default of
    transformers and some released `generation_config.json` files say 50256, which is outside the vocabulary.
    """

    vocab_size: Size
    hidden_size: Size
    intermediate_size: Size
    num_hidden_layers: Annotated[int, Meta(ge=1, le=1024)]
    num_attention_heads: Size
    num_key_value_heads: Size
    rope_theta: Positive = 10000.0
    norm_epsilon: Positive = 1e-5
    max_position_embeddings: Size = 16384
    sliding_window: Size | None = None
    tie_word_embeddings: bool = True
    use_bias: bool = True
    hidden_act: str = "gelu_pytorch_tanh"

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    def __post_init__(self) -> None:
        if self.hidden_act != "gelu_pytorch_tanh":
            raise ValueError(f"hidden_act is {self.hidden_act[:40]!r}; StarCoder2 uses gelu_pytorch_tanh")
        if self.hidden_size % self.num_attention_heads or self.num_attention_heads % self.num_key_value_heads:
            raise ValueError("hidden_size, num_attention_heads and num_key_value_heads do not divide")


def read_config(folder: Path) -> ModelConfig:
    """Reads `folder/config.json`. Raises WeightsError with a plain sentence when it is absent or not StarCoder2's."""
    path = folder / "config.json"
    try:
        with path.open("rb") as file:
            raw: dict[str, Any] = json.loads(file.read(MAX_BYTES))  # cut off, and so no JSON, if there is more
    except (FileNotFoundError, NotADirectoryError):
        hint = "Choose a folder that holds config.json and model.safetensors."
        raise WeightsError("no_weights", f"No weights in {folder}: config.json is missing.", hint) from None
    except (OSError, ValueError, RecursionError):
        raise WeightsError("weights_corrupt", f"{path} is not readable JSON.") from None
    if not isinstance(raw, dict) or raw.get("model_type") != "starcoder2":
        raise WeightsError("weights_corrupt", f"{path} does not describe a StarCoder2 model.")
    if "auto_map" in raw:
        raise WeightsError("weights_unsafe", f"{path} asks to run code of its own (auto_map); this is refused.")
    try:
        return msgspec.convert(_known_mathematics(raw), ModelConfig)
    except (msgspec.ValidationError, ValueError) as error:
        raise WeightsError("weights_corrupt", f"{path} does not describe a StarCoder2 model: {error}.") from None


def _known_mathematics(raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` with `rope_theta` at the top. Raises ValueError for what would be computed wrongly without a word."""
    for name, value in _ONLY.items():
        if raw.get(name, value) != value:
            raise ValueError(f"{name} is not {value!r}")
    if raw.get("quantization_config"):
        raise ValueError("quantized weights are not supported")
    # transformers 5 writes rope_theta inside rope_parameters; released checkpoints write it at the top.
    rope = raw.get("rope_parameters") or raw.get("rope_scaling") or {}
    if not isinstance(rope, dict) or rope.get("rope_type", rope.get("type", "default")) != "default":
        raise ValueError("scaled rotary positions are not supported")
    return {**raw, "rope_theta": rope["rope_theta"]} if "rope_theta" in rope else raw
