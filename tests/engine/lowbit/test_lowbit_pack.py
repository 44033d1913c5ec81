"""Rounding and layout."""

import pytest
import torch

from jupyter_sc2.engine.lowbit.pack import pack, quantise, unpack


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("shape", [(16, 64), (100, 320), (1, 128)])
def test_a_packed_matrix_is_the_rounded_one(bits, shape):
    torch.manual_seed(0)
    weight = torch.randn(shape)
    numbers, scales = quantise(weight, bits)
    expected = (numbers.float() - (1 << (bits - 1))).unflatten(1, (-1, 64)) * scales.float()[..., None]
    found = unpack(pack(numbers, scales, bits), torch.arange(shape[0]))
    assert torch.equal(found, expected.flatten(1))
    error = ((found - weight).norm() / weight.norm()).item()
    assert error < (0.11 if bits == 4 else 0.007)


def test_rows_may_be_taken_in_any_order():
    weight = torch.randn(40, 64)
    packed = pack(*quantise(weight, 8), 8)
    rows = torch.tensor([39, 0, 17, 17])
    assert torch.equal(unpack(packed, rows), unpack(packed, torch.arange(40))[rows])


def test_the_scale_is_the_one_with_the_least_error():
    """Against the plain way: the largest weight decides the scale."""
    torch.manual_seed(1)
    weight = torch.randn(64, 640)
    blocks = weight.unflatten(1, (-1, 64))
    largest = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    scale = largest / -8
    plain = ((blocks / scale).round().clamp(-8, 7) * scale).flatten(1)
    found = unpack(pack(*quantise(weight, 4), 4), torch.arange(64))
    assert (found - weight).square().sum() < 0.97 * (plain - weight).square().sum()


def test_blocks_of_zeros_stay_zero():
    weight = torch.zeros(16, 128)
    weight[:, 64:] = torch.randn(16, 64)
    found = unpack(pack(*quantise(weight, 4), 4), torch.arange(16))
    assert torch.equal(found[:, :64], torch.zeros(16, 64))


def test_weights_that_are_no_numbers_do_not_become_some():
    weight = torch.randn(16, 128)
    weight[3, 70] = float("nan")
    found = unpack(pack(*quantise(weight, 4), 4), torch.arange(16))
    assert not found[3, 64:].isfinite().any()
    assert found[3, :64].isfinite().all()
