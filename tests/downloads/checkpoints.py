"""Small random StarCoder2 checkpoints in the forms that the Hub has: sharded or not, fp32 or bf16, tied or not."""

import json
import shutil
from pathlib import Path

import torch
from msgspec.structs import replace
from safetensors.torch import save_file

import jupyter_sc2
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.engine.config import read_config
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.weights import load

BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in"
CONFIG = {
    "model_type": "starcoder2",
    "vocab_size": 8192,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
}
# id: changes of CONFIG, number type, shards
FORMS = {
    "bigcode/starcoder2-3b": ({}, torch.float32, 2),
    "bigcode/starcoder2-7b": ({}, torch.bfloat16, 1),
    "bigcode/starcoder2-15b": ({"tie_word_embeddings": False, "hidden_size": 128}, torch.float32, 3),
    "bigcode/starcoder2-15b-instruct-v0.1": ({"tie_word_embeddings": False}, torch.bfloat16, 2),
    "HuggingFaceH4/starchat2-15b-v0.1": ({"tie_word_embeddings": False, "vocab_size": 8194}, torch.bfloat16, 2),
}
SMALLEST, SHARDED = "bigcode/starcoder2-7b", "bigcode/starcoder2-3b"
QUICK = Settings(
    connect=2.0,
    stall=1.0,  # longer than a busy machine needs for an answer
    first_tries=2,
    tries=3,
    first_wait=0.01,
    longest_wait=0.02,
    longest_retry_after=0.3,
    report=0.05,
)
SILENT = replace(QUICK, stall=0.3)


def write(folder, weights):
    """Writes a checkpoint of the form of `weights`, with what else such a repository holds."""
    changes, dtype, shards = FORMS[weights]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    shutil.copy(BUILT_IN / "tokenizer.json", folder)
    (folder / "README.md").write_text("---\nlicense: bigcode-openrail-m\n---\nA card.\n")
    (folder / "LICENSE").write_text("The licence.\n")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle that nobody may open")
    (folder / "modeling_own.py").write_text("raise SystemExit('never run')\n")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.safetensors").write_bytes(b"another format")
    tensors = random_tensors(read_config(folder), dtype)
    names = sorted(tensors)
    files = (
        ["model.safetensors"]
        if shards == 1
        else [f"model-{n + 1:05}-of-{shards:05}.safetensors" for n in range(shards)]
    )
    where = {name: files[index * shards // len(names)] for index, name in enumerate(names)}
    for file in files:
        save_file({name: tensors[name] for name in names if where[name] == file}, folder / file)
    if shards > 1:
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return folder


def random_tensors(config, dtype):
    torch.manual_seed(0)
    return {
        name: (
            (1.0 if "norm.weight" in name or "layernorm.weight" in name else 0.0) + 0.15 * torch.randn(old.shape)
        ).to(dtype)
        for name, old in Starcoder2(config).state_dict().items()
        if not (config.tie_word_embeddings and name == "lm_head.weight")
    }


def answer(folder, count=6):
    """What the weights in a folder write, greedily, after a few ids: loaded by the product's own loader."""
    loaded = load(Path(folder), "float32", "cpu")
    ids = [40, 50, 60, 70]
    with torch.inference_mode():
        for _ in range(count):
            ids.append(int(loaded.model(torch.tensor(ids)[None])[0, -1].argmax()))
    return ids
