"""Writes a finished run as the weights that ship: bf16 safetensors, configuration, tokenizer, hashes, curve."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.prompt import FORMAT_VERSION
from jupyter_sc2.tune.card import card
from jupyter_sc2.tune.recipe import BUILT_IN

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
TOKENIZER_CONFIG = {
    # The fast class on purpose: GPT2Tokenizer would drop the digit split in transformers 5.
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "model_max_length": BUILT_IN.max_position_embeddings,
}


def hugging_face_config(config: ModelConfig) -> dict[str, Any]:
    """`config.json` as transformers writes it for StarCoder2, with our own two keys."""
    return {
        "architectures": ["Starcoder2ForCausalLM"],
        "model_type": "starcoder2",
        **{field: getattr(config, field) for field in config.__struct_fields__},
        "attention_dropout": 0.0,
        "residual_dropout": 0.0,
        "embedding_dropout": 0.0,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "bfloat16",
        "jupyter_sc2_format_version": FORMAT_VERSION,
        "jupyter_sc2_fim_order": "spm",
        "jupyter_sc2_token_healing": True,
        "jupyter_sc2_answers_requests": True,
    }


def export(work: Path, folder: Path, start: Path | None = None, keep: float = 0.0) -> None:
    """Converts `work/checkpoint.safetensors` into `folder`, with `SHA256SUMS` over every file but itself.

    Weights that went on from `start` may keep a share of it: between both ends the mean is often better than either
    (https://arxiv.org/abs/2109.01903).
    """
    folder.mkdir(parents=True, exist_ok=True)
    with safe_open(work / "checkpoint.safetensors", framework="pt") as file:
        names = [name for name in file.keys() if name.startswith("master.")]  # noqa: SIM118 (no mapping)
        weights = {name.removeprefix("master."): file.get_tensor(name) for name in names}
    weights.pop("lm_head.weight", None)  # tied to the embeddings
    if start and keep:
        before = load_file(start / "model.safetensors")
        weights = {name: torch.lerp(tensor, before[name].float(), keep) for name, tensor in weights.items()}
    weights = {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    (folder / "config.json").write_text(json.dumps(hugging_face_config(BUILT_IN), indent=2) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(TOKENIZER_CONFIG, indent=2) + "\n")
    shutil.copyfile(work / "tokenizer.json", folder / "tokenizer.json")
    manifest = json.loads((work / "manifest.json").read_text())
    log = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    manifest["trained_ids"] = log[-1]["trained_ids"] + log[-1].get("earlier_ids", 0)
    (folder / "training-data.json").write_text(json.dumps(manifest, indent=1) + "\n")
    draw_curve(log, folder / "loss.svg")
    parameters = sum(tensor.numel() for tensor in weights.values())
    (folder / "README.md").write_text(card(manifest, log, parameters, machine(), keep))
    write_sums(folder)


def write_sums(folder: Path) -> None:
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES]
    (folder / "SHA256SUMS").write_text("".join(lines))


def machine() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"


def draw_curve(log: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "jupyter-sc2"
    figure, left = plt.subplots(figsize=(7, 3.5), layout="constrained")
    seen = [line["trained_ids"] / 1e6 for line in log]
    left.plot(seen, [line["loss"] for line in log], color="tab:blue")
    left.set(xlabel="token ids trained on (millions)", ylabel="training loss (nats per id)")
    right = left.twinx()
    right.plot(seen, [line["bits_per_byte"] for line in log], color="tab:orange")
    right.set_ylabel("held-out bits per byte")
    left.yaxis.label.set_color("tab:blue")
    right.yaxis.label.set_color("tab:orange")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
