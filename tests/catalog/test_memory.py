"""What weights need, beside what was measured and what the engine itself counts."""

import pytest
import torch

from jupyter_sc2.catalog import memory
from jupyter_sc2.catalog.known import KNOWN, known
from jupyter_sc2.engine.cache import cache_bytes
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.lowbit.parts import copy_bytes

THREE_B = known("bigcode/starcoder2-3b").config
# Peaks of a process with a random 3B: precision, ids of the prompt, bytes (docs/performance.md and this page's own).
MEASURED = [("int4", 1000, 2.14e9), ("int4", 4000, 2.45e9), ("int8", 2000, 3.61e9), ("bfloat16", 1000, 6.47e9)]


@pytest.mark.parametrize(("precision", "context", "measured"), MEASURED)
def test_needs_are_what_was_measured(precision, context, measured):
    """Never less, and at most a twentieth more."""
    assert measured <= memory.needs(THREE_B, precision, context) <= 1.05 * measured


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: entry.weights)
def test_keys_and_values_are_those_of_the_engine(entry):
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16), ("int4", torch.bfloat16)):
        for context in (1, 256, 4096, 4097):
            expected = cache_bytes(entry.config, context, dtype)
            assert memory.context_bytes(entry.config, precision, context) == expected


@pytest.mark.parametrize(("weights", "kib"), [("3b", 30), ("7b", 64), ("15b", 80)])
def test_bytes_of_a_position(weights, kib):
    config = known(f"bigcode/starcoder2-{weights}").config
    assert memory.context_bytes(config, "bfloat16", 4096) == 4096 * kib * 1024


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: entry.weights)
def test_fewer_bits_need_less(entry):
    assert memory.precisions(entry.config) == ["float32", "bfloat16", "int8", "int4"]
    sizes = [memory.needs(entry.config, precision, 4096) for precision in memory.precisions(entry.config)]
    assert sizes == sorted(sizes, reverse=True)
    assert memory.weight_bytes(entry.config, "bfloat16") == 2 * entry.parameters


def test_a_longer_prompt_needs_more():
    assert memory.needs(THREE_B, "int4", 16384) - memory.needs(THREE_B, "int4", 4096) >= 12288 * 30 * 1024


def test_what_the_first_load_writes_to_disk():
    for bits in (4, 8):
        assert memory.copy_on_disk(THREE_B, f"int{bits}") == copy_bytes(THREE_B, bits)
    assert memory.copy_on_disk(THREE_B, "bfloat16") == 0


def test_sizes_that_the_kernels_cannot_cut():
    odd = ModelConfig(
        vocab_size=512,
        hidden_size=60,
        intermediate_size=100,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        use_bias=False,
    )
    assert memory.precisions(odd) == ["float32", "bfloat16"]


@pytest.mark.parametrize(
    "changes", [{}, {"use_bias": False}, {"tie_word_embeddings": False}, {"num_key_value_heads": 1}]
)
def test_parameters_are_those_of_the_model(changes):
    from jupyter_sc2.engine.model import Starcoder2

    sizes = {"vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    config = ModelConfig(**{**sizes, **heads, **changes})
    with torch.device("meta"):
        model = Starcoder2(config)
    assert memory.parameters(config) == sum(parameter.numel() for parameter in model.parameters())
