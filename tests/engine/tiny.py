"""Small random checkpoints and requests: hidden size 64, 2 layers, 512 ids of which 0-37 are special."""

import json

import torch
from safetensors.torch import save_file

from jupyter_sc2.engine.config import read_config
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.reading_pace import ReadingPace
from jupyter_sc2.engine.weights import load
from jupyter_sc2.messages import Failed, Finished, Submit, Tokens

CONFIG = {
    "model_type": "starcoder2",
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}


def write_config(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    return read_config(folder)


def random_tensors(config, seed=0):
    """Weights wide enough that greedy answers vary and no two logits are nearly equal."""
    torch.manual_seed(seed)
    model = Starcoder2(config)
    return {
        name: (1.0 if "norm.weight" in name or "layernorm.weight" in name else 0.0) + 0.15 * torch.randn(tensor.shape)
        for name, tensor in model.state_dict().items()
        if not (config.tie_word_embeddings and name == "lm_head.weight")
    }


def write_checkpoint(folder, seed=0, **changes):
    config = write_config(folder, **changes)
    save_file(random_tensors(config, seed), folder / "model.safetensors")
    return folder


class FixedChunk(ReadingPace):
    """Prompts are read so many ids at a time."""

    def __init__(self, size):
        super().__init__(torch.device("cpu"))
        self.size = size

    @property
    def chunk(self):
        return self.size


def tiny_engine(folder, cache_bytes=64 << 20, chunk=None, precision="float32"):
    engine = Engine(load(folder, precision, "cpu"), cache_bytes)
    engine.reading = FixedChunk(chunk) if chunk else engine.reading
    return engine


def ids_of(seed, count):
    """`count` ordinary ids."""
    return torch.randint(38, 512, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def submit(name, ids, new=8, **changes):
    fields = {"temperature": 0.0, "top_p": 1.0, "seed": 0, "stop_ids": [], "priority": 0, "cache_key": name}
    return Submit(name, ids, new, **{**fields, **changes})


def run(engine, *requests):
    """Runs requests to their end; returns all frames, in order."""
    frames = [frame for request in requests for frame in engine.submit(request)]
    for _ in range(5000):
        if engine.idle:
            return frames
        frames += engine.step()
    raise AssertionError("the engine does not finish")


def answer(frames, name):
    """The new ids of one request."""
    return [index for f in frames if isinstance(f, Tokens) and f.request_id == name for index in f.ids]


def ending(frames, name):
    """The one frame that ended a request."""
    (last,) = [f for f in frames if isinstance(f, Finished | Failed) and f.request_id == name]
    return last


def ask(engine, ids, new=8, name="a", **changes):
    """Runs one request alone; returns its new ids."""
    return answer(run(engine, submit(name, ids, new, **changes)), name)
