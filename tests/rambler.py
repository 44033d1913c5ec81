"""Random weights that write nonsense for some seconds and never stop by themselves: what a slow, long answer is.

The real engine, the built-in vocabulary. The output matrix makes stop ids all but impossible and all others about as
likely, so that at temperature 1 an answer neither stops nor repeats itself.
"""

import json
import shutil
from pathlib import Path

CONFIG = {
    "model_type": "starcoder2",
    "vocab_size": 8192,
    "hidden_size": 512,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}
QUICK = {"num_hidden_layers": 2, "hidden_size": 128, "intermediate_size": 256, "num_attention_heads": 2}


def write_rambler(folder: Path, tokenizer: Path, **changes: int) -> Path:
    """`changes` replace fields of CONFIG: smaller ones make a quicker rambler."""
    import torch
    from safetensors.torch import save_file

    from jupyter_sc2.engine.config import read_config
    from jupyter_sc2.engine.model import Starcoder2

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    shutil.copy(tokenizer, folder)
    torch.manual_seed(0)
    model = Starcoder2(read_config(folder))
    tensors = {}
    for name, tensor in model.state_dict().items():
        is_norm = "norm.weight" in name or "layernorm.weight" in name
        tensors[name] = torch.ones_like(tensor) if is_norm else 0.05 * torch.randn(tensor.shape)
    head = 0.1 * torch.randn(tensors["lm_head.weight"].shape)
    head[:, 0] = 0
    head[:38] = 0
    head[:38, 0] = -4  # times the final norm's first bias: logits of -20 and less
    tensors["lm_head.weight"] = head
    tensors["model.norm.bias"] = torch.zeros_like(tensors["model.norm.bias"])
    tensors["model.norm.bias"][0] = 8
    save_file({name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}, folder / "model.safetensors")
    return folder
