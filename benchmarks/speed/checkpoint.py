"""A random checkpoint of StarCoder2's exact shape, in bfloat16 shards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

STD = 0.018042  # `initializer_range` of bigcode/starcoder2-3b
BIAS_STD = 0.002
EPSILON_3B = 1e-5

_SHARED: dict[str, Any] = {
    "architectures": ["Starcoder2ForCausalLM"],
    "model_type": "starcoder2",
    "hidden_act": "gelu_pytorch_tanh",
    "norm_epsilon": EPSILON_3B,
    "rope_theta": 999999.4420358813,
    "max_position_embeddings": 16384,
    "sliding_window": 4096,
    "tie_word_embeddings": True,
    "use_bias": True,
    "initializer_range": STD,
    "attention_dropout": 0.0,
    "residual_dropout": 0.0,
    "embedding_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "bfloat16",
}

SHAPES: dict[str, dict[str, Any]] = {
    # bigcode/starcoder2-3b/config.json
    "3b": {
        **_SHARED,
        "vocab_size": 49152,
        "hidden_size": 3072,
        "intermediate_size": 12288,
        "num_hidden_layers": 30,
        "num_attention_heads": 24,
        "num_key_value_heads": 2,
    },
    # to rehearse with
    "small": {
        **_SHARED,
        "vocab_size": 8192,
        "hidden_size": 512,
        "intermediate_size": 2048,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
}


def write_checkpoint(folder: Path, shape: str) -> None:
    """Writes config.json and shards, a shard for each layer, unless the folder has all of it already.

    Matrices are normal with STD, biases small, norms one. Memory holds one shard at a time.
    """
    config = SHAPES[shape]
    if _is_there(folder, config):
        return
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    count, total = config["num_hidden_layers"] + 1, 0
    weight_map: dict[str, str] = {}
    for index, shapes in enumerate(shards(config)):
        name = f"model-{index + 1:05d}-of-{count:05d}.safetensors"
        tensors = {key: _draw(key, size, generator) for key, size in shapes.items()}
        save_file(tensors, folder / name, {"format": "pt"})
        weight_map |= dict.fromkeys(tensors, name)
        total += sum(tensor.nbytes for tensor in tensors.values())
    listing = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listing, indent=1))
    (folder / "config.json").write_text(json.dumps(config, indent=1))  # last: it says that the rest is complete


def fingerprint(folder: Path) -> str:
    """Of config.json and the names, sizes and times of the weights' files: whether a twin still belongs to them."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_there(folder: Path, config: dict[str, Any]) -> bool:
    path = folder / "config.json"
    count = config["num_hidden_layers"] + 1
    if not path.is_file() or len(list(folder.glob("model-*.safetensors"))) != count:
        return False
    return bool(json.loads(path.read_text()) == config)


def shards(config: dict[str, Any]) -> Iterator[dict[str, tuple[int, ...]]]:
    """Names and shapes of each shard's tensors: first what is outside of the layers, then layer by layer."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    shared = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    norms = {"weight": (hidden,), "bias": (hidden,)}
    yield {
        "model.embed_tokens.weight": (config["vocab_size"], hidden),
        **{f"model.norm.{part}": size for part, size in norms.items()},
    }
    for layer in range(config["num_hidden_layers"]):
        start = f"model.layers.{layer}"
        linears = {
            "self_attn.q_proj": (hidden, hidden),
            "self_attn.k_proj": (shared, hidden),
            "self_attn.v_proj": (shared, hidden),
            "self_attn.o_proj": (hidden, hidden),
            "mlp.c_fc": (wide, hidden),
            "mlp.c_proj": (hidden, wide),
        }
        shapes: dict[str, tuple[int, ...]] = {}
        for name, (rows, columns) in linears.items():
            shapes |= {f"{start}.{name}.weight": (rows, columns), f"{start}.{name}.bias": (rows,)}
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes |= {f"{start}.{name}.{part}": size for part, size in norms.items()}
        yield shapes


def _draw(name: str, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if name.endswith("norm.weight"):
        return torch.ones(size, dtype=torch.bfloat16)
    std = BIAS_STD if name.endswith("bias") else STD
    return (torch.randn(size, generator=generator) * std).bfloat16()
