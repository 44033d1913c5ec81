"""How much memory and disk weights need, from the numbers of their configuration. Imports no torch.

Peaks of a random 3B on a CPU, in GB; `needs` says 1 to 5% more: int4 with a prompt of 1,000 ids 2.14, of 4,000
ids 2.45; int8 with 2,000 ids 3.61; bfloat16 with 1,000 ids 6.47.
"""

from __future__ import annotations

from functools import lru_cache

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.lowbit.parts import copy_bytes, suits
from jupyter_sc2.messages import Precision

BITS = {"int8": 8, "int4": 4}
NUMBER_BYTES = {"float32": 4, "bfloat16": 2}
RUNTIME_BYTES = 400_000_000  # Python, torch and LLVM: 0.37 GB measured
GPU_RUNTIME_BYTES = 1_000_000_000  # CUDA's context, its libraries' workspace, recorded graphs; not measured
ROWS = 256  # of a prompt that are computed at a time
STEP = 256  # positions by which a cache grows


def parameters(config: ModelConfig) -> int:
    """Numbers in the weights; an embedding that is also the output layer counts once."""
    size, wide, kv = config.hidden_size, config.intermediate_size, config.num_key_value_heads * config.head_dim
    matrices = 2 * size * size + 2 * size * kv + 2 * size * wide
    biases = (3 * size + 2 * kv + wide) if config.use_bias else 0  # of four projections and two of the MLP
    norms = 2 * 2 * size
    ends = config.vocab_size * size * (1 if config.tie_word_embeddings else 2) + 2 * size
    return config.num_hidden_layers * (matrices + biases + norms) + ends


def precisions(config: ModelConfig) -> list[Precision]:
    """Those in which these weights can be held, the most exact first."""
    few: list[Precision] = ["int8", "int4"] if suits(config) else []
    return ["float32", "bfloat16", *few]


@lru_cache(maxsize=256)
def few_bits_bytes(config: ModelConfig, bits: int) -> int:
    """Of the weights with few bits. Every matrix is laid out for it, which a page would wait for."""
    return copy_bytes(config, bits)


def weight_bytes(config: ModelConfig, precision: Precision) -> int:
    """The weights in memory."""
    if precision in BITS:
        return few_bits_bytes(config, BITS[precision])
    return parameters(config) * NUMBER_BYTES[precision]


def copy_on_disk(config: ModelConfig, precision: Precision) -> int:
    """The converted copy that the first load leaves on disk; 0 where none is made."""
    return few_bits_bytes(config, BITS[precision]) if precision in BITS else 0


def context_bytes(config: ModelConfig, precision: Precision, context: int) -> int:
    """Keys and values of `context` positions, in the numbers in which the engine keeps them."""
    number = NUMBER_BYTES.get(precision, 2)
    per_position = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * number
    return per_position * -(-context // STEP) * STEP


def needs(config: ModelConfig, precision: Precision, context: int, gpu: bool = False) -> int:
    """Bytes at the peak of loading and of answering one prompt of `context` positions.

    Counted: the weights, keys and values of one such prompt, what a pass computes, and the process itself; on a GPU
    what CUDA takes there. Not counted: caches of further prompts (up to Sc2App.cache_mib), and pages of files, which
    the system gives away when others need them. A first load with few bits converts a tensor at a time and needs no
    more.
    """
    runtime = GPU_RUNTIME_BYTES if gpu else RUNTIME_BYTES
    prompt = context_bytes(config, precision, context) + pass_bytes(config, context)
    return weight_bytes(config, precision) + prompt + runtime


def pass_bytes(config: ModelConfig, context: int) -> int:
    """What one layer computes for ROWS rows that look back at `context` positions: scores of all heads, twice."""
    span = min(context, (config.sliding_window or context) + ROWS)
    scores = 2 * config.num_attention_heads * span
    return 4 * ROWS * (scores + 8 * config.hidden_size + 2 * config.intermediate_size)
