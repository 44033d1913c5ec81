"""Weights as whole numbers of 4 or 8 bits with a scale for each block, in the kernels' layout."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from jupyter_sc2.engine.lowbit import BLOCK, LANES
from jupyter_sc2.engine.lowbit.jit import Round, rounder


@dataclass(frozen=True)
class Packed:
    """A matrix [columns, inputs]. `weights` and `scale` are as `kernel` reads them; columns are padded to LANES."""

    weights: Tensor  # uint8 [strips, inputs * bits / 32, LANES, 4]
    scale: Tensor  # float16 [strips, blocks, LANES]
    columns: int
    inputs: int
    bits: int

    @property
    def nbytes(self) -> int:
        return self.weights.nbytes + self.scale.nbytes


def quantise(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """weight [N, K] -> whole numbers [N, K] without a sign (uint8), and scales [N, K / BLOCK] (float16).

    A weight that is not a finite number makes its block's scale one that is none either.
    """
    weight = weight.float().contiguous()
    numbers = torch.empty(weight.shape, dtype=torch.uint8)
    scales = torch.empty(weight.shape[0], weight.shape[1] // BLOCK, dtype=torch.float16)
    run, _ = rounder(bits)
    run(Round(weight.data_ptr(), numbers.data_ptr(), scales.data_ptr(), scales.numel()), torch.get_num_threads())
    return numbers, scales


def pack(numbers: Tensor, scales: Tensor, bits: int) -> Packed:
    """numbers [N, K] and scales [N, K / BLOCK] in the kernels' layout."""
    columns, inputs = numbers.shape
    missing = -columns % LANES
    if missing:
        numbers = torch.cat((numbers, numbers.new_zeros(missing, inputs)))
        scales = torch.cat((scales, scales.new_zeros(missing, scales.shape[1])))
    fours = numbers.view(-1, LANES, inputs // 4, 4).transpose(1, 2)  # [strips, K / 4, LANES, 4]
    if bits == 4:
        fours = fours[:, 0::2] | (fours[:, 1::2] << 4)
    scales = scales.view(-1, LANES, scales.shape[1]).transpose(1, 2).contiguous()
    return Packed(fours.contiguous(), scales, columns, inputs, bits)


def unpack(packed: Packed, columns: Tensor) -> Tensor:
    """The rows `columns` [n] of the matrix, as float32 [n, inputs]."""
    strip, lane = columns.div(LANES, rounding_mode="floor"), columns % LANES
    fours = packed.weights[strip, :, lane]  # [n, inputs * bits / 32, 4]
    if packed.bits == 4:
        fours = torch.stack((fours & 15, fours >> 4), dim=2)
    numbers = fours.flatten(1).float() - (1 << (packed.bits - 1))
    scale = packed.scale[strip, :, lane].float()  # [n, blocks]
    return (numbers.view(*scale.shape, BLOCK) * scale[..., None]).flatten(1)
