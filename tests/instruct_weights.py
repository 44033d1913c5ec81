"""Vocabularies and tiny random checkpoints in the form of instruct weights."""

import json
from itertools import pairwise

CHATML = ("<|im_start|>", "<|im_end|>")


def with_chatml(source, path, special=True):
    """A copy of a tokenizer.json with ChatML's two sentinels after its last id, as in StarChat2's vocabulary."""
    content = json.loads(source.read_text("utf-8"))
    first = 1 + max(content["model"]["vocab"].values())
    for index, text in enumerate(CHATML):
        added = {**content["added_tokens"][0], "id": first + index, "content": text, "special": special}
        content["added_tokens"].append(added)
    path.write_text(json.dumps(content), "utf-8")
    return path


HIDDEN = 128


def write_speaker(folder, tokenizer, template, ids):
    """Real weights that answer with `ids`, each of which makes the next likeliest; the first comes after a line end.

    Attention and MLP add nothing, so that the final norm sees the last id's embedding alone; the output matrix holds it
    for the id that comes next. So no id may stand in `ids` twice.
    """
    import torch
    from safetensors.torch import save_file

    from jupyter_sc2.engine.config import read_config
    from jupyter_sc2.engine.model import Starcoder2
    from jupyter_sc2.tokenizer import Tokenizer

    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    vocabulary = Tokenizer(tokenizer)
    chain = [*vocabulary.encode("\n"), *ids]
    assert len(set(chain)) == len(chain)
    config = {
        "model_type": "starcoder2", "vocab_size": vocabulary.vocab_size, "hidden_size": HIDDEN, "intermediate_size": 8,
        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "tie_word_embeddings": False,
        "max_position_embeddings": 4096, "jupyter_sc2_template": template,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    tensors = {name: torch.zeros(value.shape) for name, value in Starcoder2(read_config(folder)).state_dict().items()}
    embeddings = torch.randn(vocabulary.vocab_size, HIDDEN)
    tensors["model.embed_tokens.weight"] = embeddings
    tensors["model.norm.weight"] = torch.ones(HIDDEN)
    for before, after in pairwise(chain):
        tensors["lm_head.weight"][after] = torch.nn.functional.layer_norm(embeddings[before], (HIDDEN,))
    save_file(tensors, folder / "model.safetensors")
    return folder
