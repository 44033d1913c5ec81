"""Modules with packed weights, in place of torch's."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jupyter_sc2.engine.lowbit import BLOCK, LANES
from jupyter_sc2.engine.lowbit.jit import Kernels, Multiply, Quantise, kernels
from jupyter_sc2.engine.lowbit.pack import Packed, unpack

WORTH_THREADS = 32  # rows from which on activations are turned into whole numbers by all threads


class LowBitLinear(nn.Module):
    """x [..., inputs] -> [..., columns], for `dtype` float32 or bfloat16; then `gelu` on request.

    torch's number of threads holds.
    """

    def __init__(self, packed: Packed, bias: Tensor | None, dtype: torch.dtype, gelu: bool = False) -> None:
        super().__init__()
        self.packed, self.dtype, self.gelu = packed, dtype, gelu
        self.in_features, self.out_features = packed.inputs, packed.columns
        self.strips, self.blocks = len(packed.weights), packed.inputs // BLOCK
        self.bias = torch.zeros(self.strips * LANES, device=packed.weights.device)
        if bias is not None:
            self.bias[: packed.columns] = bias
        self.device = packed.weights.device
        on_cpu = self.device.type == "cpu"
        self.kernels: Kernels | None = kernels(packed.bits, dtype == torch.bfloat16, gelu) if on_cpu else None

    def forward(self, x: Tensor) -> Tensor:
        if self.kernels is None:
            return self.unpacked(x)
        shape = x.shape[:-1]
        x = x.reshape(-1, self.in_features).to(self.dtype).contiguous()
        if not len(x):
            return x.new_empty(*shape, self.out_features)
        rows, threads = len(x), torch.get_num_threads()
        q = torch.empty(rows * self.in_features, dtype=torch.int8)
        xscale = torch.empty(rows * self.blocks)
        zero = torch.empty(rows * self.blocks, dtype=torch.int32)
        y = torch.empty(rows, self.strips * LANES, dtype=self.dtype)
        numbers = (q.data_ptr(), xscale.data_ptr(), zero.data_ptr())
        quantise = Quantise(x.data_ptr(), *numbers, self.blocks, rows)
        self.kernels.quantise(quantise, threads if rows >= WORTH_THREADS else 1)
        weights = (self.packed.weights.data_ptr(), self.packed.scale.data_ptr())
        tail = (self.bias.data_ptr(), y.data_ptr(), self.strips, self.blocks, rows, y.stride(0) * y.itemsize)
        self.kernels.multiply(Multiply(*weights, *numbers, *tail), threads)
        return y[:, : self.out_features].reshape(*shape, self.out_features)

    def unpacked(self, x: Tensor) -> Tensor:
        """Off the CPU the weights are unpacked for each pass: that saves memory, not time."""
        columns = torch.arange(self.out_features, device=self.device)
        y = F.linear(x, unpack(self.packed, columns).to(self.dtype), self.bias[: self.out_features].to(self.dtype))
        return F.gelu(y, approximate="tanh") if self.gelu else y


class QueriesAndOthers(nn.Module):
    """The projection to queries, then keys and values, where these have more bits."""

    queries: LowBitLinear
    others: LowBitLinear

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.queries(x), self.others(x)), dim=-1)


class LowBitMLP(nn.Module):
    """`c_fc` applies the activation itself: as a pass of its own over 12,288 numbers it took a tenth of the layer."""

    c_fc: LowBitLinear
    c_proj: LowBitLinear

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.c_proj(self.c_fc(x))
        return out


class LowBitEmbedding(nn.Module):
    """ids [...] -> rows of a packed matrix, [..., inputs]."""

    def __init__(self, packed: Packed, dtype: torch.dtype) -> None:
        super().__init__()
        self.packed, self.dtype = packed, dtype

    def forward(self, ids: Tensor) -> Tensor:
        return unpack(self.packed, ids.reshape(-1)).to(self.dtype).view(*ids.shape, -1)
