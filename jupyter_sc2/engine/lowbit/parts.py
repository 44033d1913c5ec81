"""What stands in a converted copy: which tensors of a checkpoint become which packed matrices, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.header import Entry
from jupyter_sc2.engine.lowbit import BLOCK, LANES

HEAD = "lm_head.weight"
EMBEDDING = "model.embed_tokens.weight"
SIZES = {"U8": 1, "F16": 2, "F32": 4}


@dataclass(frozen=True)
class Matrix:
    """`module` of the model gets it; rows of the `sources` stand one below the other."""

    module: str
    sources: tuple[str, ...]
    columns: tuple[int, ...]  # of each source
    inputs: int
    bits: int
    biased: bool

    @property
    def strips(self) -> int:
        return -(-sum(self.columns) // LANES)

    @property
    def biases(self) -> tuple[str, ...]:
        return tuple(source.replace(".weight", ".bias") for source in self.sources) if self.biased else ()

    def entries(self) -> Iterator[tuple[str, str, tuple[int, ...]]]:
        """Name, type and shape of each of its tensors in the file."""
        yield f"{self.module}.weights", "U8", (self.strips, self.inputs * self.bits // 32, LANES, 4)
        yield f"{self.module}.scale", "F16", (self.strips, self.inputs // BLOCK, LANES)
        if self.biased:
            yield f"{self.module}.bias", "F32", (sum(self.columns),)


def matrices(config: ModelConfig, bits: int) -> list[Matrix]:
    """Embedding, output layer, keys and values always take 8 bits.

    They are 4% of a 3B's weights. With keys and values of 4 bits, which all heads share, the built-in weights' chances
    are a third further from those of bfloat16 (Kullback-Leibler).
    """
    size, wide, kv = config.hidden_size, config.intermediate_size, config.num_key_value_heads * config.head_dim
    found = []
    for index in range(config.num_hidden_layers):
        attention, mlp = f"model.layers.{index}.self_attn", f"model.layers.{index}.mlp"
        for module, sources, columns, inputs, kept in (
            (f"{attention}.qkv_proj.queries", (f"{attention}.q_proj",), (size,), size, bits),
            (f"{attention}.qkv_proj.others", (f"{attention}.k_proj", f"{attention}.v_proj"), (kv, kv), size, 8),
            (f"{attention}.o_proj", (f"{attention}.o_proj",), (size,), size, bits),
            (f"{mlp}.c_fc", (f"{mlp}.c_fc",), (wide,), size, bits),
            (f"{mlp}.c_proj", (f"{mlp}.c_proj",), (size,), wide, bits),
        ):
            names = tuple(f"{source}.weight" for source in sources)
            found.append(Matrix(module, names, columns, inputs, kept, config.use_bias))
    found.append(Matrix("model.embed_tokens", (EMBEDDING,), (config.vocab_size,), size, 8, False))
    if not config.tie_word_embeddings:
        found.append(Matrix("lm_head", (HEAD,), (config.vocab_size,), size, 8, False))
    return found


def suits(config: ModelConfig) -> bool:
    """Whether all sizes can be cut into blocks and strips."""
    kv = config.num_key_value_heads * config.head_dim
    whole = config.hidden_size % BLOCK == 0 and config.intermediate_size % BLOCK == 0
    return whole and config.hidden_size % LANES == 0 and kv % LANES == 0


def norms(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The tensors that stay as they are, in float32."""
    layers = [f"model.layers.{index}." for index in range(config.num_hidden_layers)]
    places = [f"{layer}{name}_layernorm" for layer in layers for name in ("input", "post_attention")]
    names = [f"{place}.{part}" for place in (*places, "model.norm") for part in ("weight", "bias")]
    return dict.fromkeys(names, (config.hidden_size,))


def layout(config: ModelConfig, bits: int) -> dict[str, Entry]:
    """Every tensor of the file with its place. Weights first: the kernels read them at multiples of 64 bytes."""
    found = [entry for matrix in matrices(config, bits) for entry in matrix.entries()]
    found += [(name, "F32", shape) for name, shape in norms(config).items()]
    entries, start = {}, 0
    for name, kind, shape in sorted(found, key=lambda entry: entry[1], reverse=True):  # U8, F32, F16
        end = start + prod(shape) * SIZES[kind]
        entries[name] = Entry(kind, shape, (start, end))
        start = end
    return entries


def copy_bytes(config: ModelConfig, bits: int) -> int:
    """Of all tensors together."""
    return max(entry.data_offsets[1] for entry in layout(config, bits).values())
