"""Attention for training equals the engine's own, and so do its gradients."""

from __future__ import annotations

import pytest
import torch

from jupyter_sc2.engine.attention import Positions, attend
from jupyter_sc2.tune.attention import BLOCK, attend_in_blocks


@pytest.mark.parametrize("length", [1, BLOCK, 2 * BLOCK + 44])
def test_equals_the_engines_attention(length: int) -> None:
    torch.manual_seed(0)
    inputs = [torch.randn(2, heads, length, 64, requires_grad=True) for heads in (4, 2, 2)]
    at = Positions(inputs[0], inputs[0], length, None, False)
    weights = torch.randn(2, length, 256)
    found = []
    for function in (attend, attend_in_blocks):
        out = function(*inputs, at)
        found.append([out, *torch.autograd.grad((out * weights).sum(), inputs)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
