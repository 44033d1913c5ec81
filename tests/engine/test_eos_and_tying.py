"""Two traps of the released files: which output layers are tied, and what their configurations say ends a text."""

import json
from pathlib import Path

import pytest
import torch
from instruct_weights import write_speaker
from safetensors.torch import load_file, save_file
from tiny import CONFIG, answer, ending, run, submit, write_checkpoint

import jupyter_sc2
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.weights import load
from jupyter_sc2.prompt.stop import STOP_IDS
from jupyter_sc2.prompt.templates import form_of
from jupyter_sc2.tokenizer import Tokenizer

BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json"

# `tie_word_embeddings` in the config.json of bigcode/starcoder2-3b, -7b and -15b; the smaller ones leave it out.
RELEASED = {"3b": None, "7b": None, "15b": False}


def released(folder, size, stored_head=False):
    """A tiny checkpoint with the flag of a released one, and with an output layer of its own only if it says so."""
    tied = RELEASED[size] is None
    write_checkpoint(folder, tie_word_embeddings=tied)
    if tied:
        config = {name: value for name, value in CONFIG.items() if name != "tie_word_embeddings"}
        (folder / "config.json").write_text(json.dumps(config))
    if stored_head:
        tensors = load_file(folder / "model.safetensors")
        save_file({**tensors, "lm_head.weight": torch.randn(512, 64)}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("stored_head", [False, True])
@pytest.mark.parametrize("size", RELEASED)
def test_the_output_layer_after_a_load(tmp_path, size, stored_head):
    folder = released(tmp_path, size, stored_head)
    model = load(folder, "float32", "cpu").model
    embedding = load_file(folder / "model.safetensors")["model.embed_tokens.weight"]
    assert torch.equal(model.model.embed_tokens.weight, embedding)
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == (size != "15b")
    assert torch.equal(model.lm_head.weight, embedding) == (size != "15b")


@pytest.mark.parametrize("precision", ["int8", "int4"])
@pytest.mark.parametrize("size", RELEASED)
def test_the_output_layer_in_few_bits(tmp_path, size, precision):
    model = load(released(tmp_path / size, size), precision, "cpu", converted=tmp_path / "converted").model
    assert (model.lm_head.packed is model.model.embed_tokens.packed) == (size != "15b")


# What released files and transformers' own defaults say; 50256 is outside of StarCoder2's vocabulary.
SAYINGS = {
    "nothing": ({}, None),
    "zero": ({"bos_token_id": 0, "eos_token_id": 0}, {"eos_token_id": 0}),
    "transformers-default": ({"bos_token_id": 50256, "eos_token_id": 50256}, {"eos_token_id": 50256}),
    "old-generation-config": ({"eos_token_id": 0}, {"bos_token_id": 50256, "eos_token_id": 50256}),
    "an-ordinary-id": ({"eos_token_id": 100}, {"eos_token_id": [100, 101]}),
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_texts_end_at_id_0_whatever_the_files_say(tmp_path, saying):
    """The stop ids come from us: the prompt builders', which hold 0."""
    after = [100, 101, 200, 0, 300]  # what these weights say after a line end
    folder = write_speaker(tmp_path / "weights", BUILT_IN, "self-align", after)
    in_config, in_generation = SAYINGS[saying]
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **in_config}))
    if in_generation is not None:
        (folder / "generation_config.json").write_text(json.dumps(in_generation))
    tokenizer = Tokenizer(BUILT_IN)
    engine = Engine(load(folder, "float32", "cpu"), 16 << 20)
    for stop_ids in (STOP_IDS, form_of("self-align", tokenizer).stop_ids):
        assert 0 in stop_ids
        frames = run(engine, submit("a", tokenizer.encode("x\n"), 10, stop_ids=list(stop_ids)))
        assert answer(frames, "a") == [100, 101, 200]
        assert ending(frames, "a").finish == "stop"
    frames = run(engine, submit("b", tokenizer.encode("x\n"), 5))
    assert answer(frames, "b") == after, "nothing but the stop ids ends a text"
