"""The released sizes on torch's meta device: what their files must hold, without a byte of them."""

import pytest
import torch

from jupyter_sc2.catalog.known import KNOWN, known
from jupyter_sc2.engine.lowbit.parts import HEAD, layout, matrices, norms, suits
from jupyter_sc2.engine.model import Starcoder2

SIZES = [entry for entry in KNOWN if entry.licence]


def on_meta(entry):
    with torch.device("meta"):
        return Starcoder2(entry.config)


def shapes_of(entry):
    return {name: tuple(tensor.shape) for name, tensor in on_meta(entry).state_dict().items()}


def test_the_15b():
    shapes = shapes_of(known("bigcode/starcoder2-15b"))
    layer = {
        "self_attn.q_proj.weight": (6144, 6144), "self_attn.q_proj.bias": (6144,),
        "self_attn.k_proj.weight": (512, 6144), "self_attn.k_proj.bias": (512,),
        "self_attn.v_proj.weight": (512, 6144), "self_attn.v_proj.bias": (512,),
        "self_attn.o_proj.weight": (6144, 6144), "self_attn.o_proj.bias": (6144,),
        "mlp.c_fc.weight": (24576, 6144), "mlp.c_fc.bias": (24576,),
        "mlp.c_proj.weight": (6144, 24576), "mlp.c_proj.bias": (6144,),
        "input_layernorm.weight": (6144,), "input_layernorm.bias": (6144,),
        "post_attention_layernorm.weight": (6144,), "post_attention_layernorm.bias": (6144,),
    }  # fmt: skip
    expected = {"model.embed_tokens.weight": (49152, 6144), "lm_head.weight": (49152, 6144)}
    expected |= {"model.norm.weight": (6144,), "model.norm.bias": (6144,)}
    expected |= {f"model.layers.{index}.{name}": shape for index in range(40) for name, shape in layer.items()}
    assert shapes == expected


def test_starchat_has_two_more_ids():
    shapes = shapes_of(known("HuggingFaceH4/starchat2-15b-v0.1"))
    assert shapes["model.embed_tokens.weight"] == shapes["lm_head.weight"] == (49154, 6144)


@pytest.mark.parametrize("entry", SIZES, ids=lambda entry: entry.weights)
def test_the_output_layer_is_the_embedding_in_the_3b_and_7b_only(entry):
    model = on_meta(entry)
    tied = model.lm_head.weight is model.model.embed_tokens.weight
    assert tied == (entry.weights in {"bigcode/starcoder2-3b", "bigcode/starcoder2-7b"})
    assert sum(parameter.numel() for parameter in model.parameters()) == entry.parameters


@pytest.mark.parametrize("entry", SIZES, ids=lambda entry: entry.weights)
def test_a_converted_copy_has_a_place_for_every_tensor(entry):
    assert suits(entry.config)
    held = {name for matrix in matrices(entry.config, 4) for name in (*matrix.sources, *matrix.biases)}
    held |= norms(entry.config).keys()
    assert held == shapes_of(entry).keys() - ({HEAD} if entry.tied else set())
    ends = [place.data_offsets for place in layout(entry.config, 4).values()]
    assert [start for start, _ in ends[1:]] == [end for _, end in ends[:-1]]


@pytest.mark.parametrize("entry", SIZES, ids=lambda entry: entry.weights)
def test_the_reference_has_the_same_tensors(entry):
    """transformers builds the same names and shapes from the same numbers."""
    from transformers import Starcoder2Config, Starcoder2ForCausalLM

    names = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    fields = {name: getattr(entry.config, name) for name in (*names, "num_key_value_heads", "tie_word_embeddings")}
    with torch.device("meta"):
        reference = Starcoder2ForCausalLM(Starcoder2Config(**fields, bos_token_id=0, eos_token_id=0))
    assert {name: tuple(tensor.shape) for name, tensor in reference.state_dict().items()} == shapes_of(entry)
