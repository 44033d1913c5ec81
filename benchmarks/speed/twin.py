"""The GGUF twin of a StarCoder2 checkpoint, and llama.cpp's own quantised copies of it.

The vocabulary is a stand-in: ids go in and ids come out. Queries and keys stay as they are, since llama.cpp turns
StarCoder2's halves as transformers does (NEOX rope).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from benchmarks.speed.checkpoint import fingerprint
from benchmarks.speed.llama import quiet

FORMS = ("bf16", "q8_0", "q4_0")


def write_twins(weights: Path, folder: Path, forms: tuple[str, ...] = FORMS) -> dict[str, Path]:
    """GGUF files by form, made unless they are there already and belong to these weights."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = fingerprint(weights)
    paths = {form: folder / f"twin-{form}.gguf" for form in ("bf16", *forms)}
    for form, path in paths.items():
        stamp = path.with_suffix(".json")
        if path.is_file() and stamp.is_file() and json.loads(stamp.read_text()) == mark:
            continue
        if form == "bf16":
            write_gguf(weights, path)
        else:
            quantise(paths["bf16"], path, form)
        stamp.write_text(json.dumps(mark))
    return paths


def write_gguf(weights: Path, path: Path) -> None:
    """Matrices in bfloat16, norms and biases in float32, one tensor in memory at a time."""
    import gguf

    config = json.loads((weights / "config.json").read_text())
    writer = gguf.GGUFWriter(path, "starcoder2")
    _describe(writer, config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.STARCODER2, config["num_hidden_layers"])
    for name, tensor in _tensors(weights):
        raw = gguf.GGMLQuantizationType.BF16 if tensor.ndim == 2 else gguf.GGMLQuantizationType.F32
        data = _data(tensor)
        title = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if title is None:
            raise ValueError(f"llama.cpp has no name for {name}")
        writer.add_tensor_info(title, data.shape, data.dtype, data.nbytes, raw_dtype=raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, tensor in _tensors(weights):
        writer.write_tensor_data(_data(tensor))
    writer.close()


def quantise(source: Path, path: Path, form: str) -> None:
    """llama.cpp's own quantiser with its defaults, as its users run it."""
    import llama_cpp

    quiet(llama_cpp)
    kinds = {"q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0, "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0}
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = kinds[form]
    if llama_cpp.llama_model_quantize(str(source).encode(), str(path).encode(), params):
        raise RuntimeError(f"llama.cpp could not make {path.name}")


def tensor_types(path: Path) -> dict[str, int]:
    """How many matrices of a GGUF file are in each type; those outside of the layers by name."""
    import gguf

    counts: dict[str, int] = {}
    for tensor in gguf.GGUFReader(path).tensors:
        if len(tensor.shape) < 2:
            continue
        name = "" if tensor.name.startswith("blk.") else f" ({tensor.name})"
        key = f"{tensor.tensor_type.name}{name}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def _describe(writer: Any, config: dict[str, Any]) -> None:
    import gguf

    writer.add_name("random StarCoder2")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_eps(config["norm_epsilon"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    count = config["vocab_size"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("starcoder")
    writer.add_token_list([f"t{index}" for index in range(count)])
    writer.add_token_types([gguf.TokenType.NORMAL] * count)
    writer.add_token_merges(["t 0"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)


def _tensors(weights: Path) -> Iterator[tuple[str, Tensor]]:
    for path in sorted(weights.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in sorted(file.keys()):
                if not name.endswith(".rotary_emb.inv_freq"):
                    yield name, file.get_tensor(name)


def _data(tensor: Tensor) -> Any:
    """bfloat16 as pairs of bytes, which numpy knows."""
    if tensor.ndim == 2:
        return tensor.bfloat16().contiguous().view(torch.uint8).numpy()
    return tensor.float().numpy()
