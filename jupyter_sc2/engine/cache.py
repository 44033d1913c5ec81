"""Keys and values of positions already seen, so that a keystroke computes only what changed."""

from __future__ import annotations

import torch
from torch import Tensor

from jupyter_sc2.engine.config import ModelConfig

STEP = 256  # capacities are multiples of this many positions, so that typing seldom reallocates


class KVCache:
    """One sequence's keys and values in every layer: one tensor [layers, 2, kv_heads, capacity, head_dim].

    The first `length` positions are valid. A forward pass stores its new positions behind them and only then moves
    `length`, so a pass that fails half-way leaves the cache as it was.
    """

    def __init__(self, config: ModelConfig, positions: int, dtype: torch.dtype, device: torch.device) -> None:
        self.capacity = round_up(positions)
        shape = (config.num_hidden_layers, 2, 1, config.num_key_value_heads, self.capacity, config.head_dim)
        self.tensor = torch.empty(shape, dtype=dtype, device=device)
        self.layers = [(keys, values) for keys, values in self.tensor]
        self.length = 0

    @property
    def nbytes(self) -> int:
        return self.tensor.nbytes

    def store(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Adds T positions; returns all keys and values so far, views of [1, kv_heads, length + T, head_dim]."""
        all_keys, all_values = self.layers[layer]
        count = keys.shape[2]
        all_keys.narrow(2, self.length, count).copy_(keys)
        all_values.narrow(2, self.length, count).copy_(values)
        return all_keys.narrow(2, 0, self.length + count), all_values.narrow(2, 0, self.length + count)

    def copy_from(self, other: KVCache, length: int) -> None:
        """Takes over the first `length` positions of another sequence."""
        self.tensor.narrow(4, 0, length).copy_(other.tensor.narrow(4, 0, length))
        self.length = length


def round_up(positions: int) -> int:
    return -(-positions // STEP) * STEP


def cache_bytes(config: ModelConfig, positions: int, dtype: torch.dtype) -> int:
    """Bytes of a KVCache for `positions`."""
    per_position = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * dtype.itemsize
    return per_position * round_up(positions)
