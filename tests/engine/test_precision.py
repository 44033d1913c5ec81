"""Which precision suits which machine."""

import pytest
import torch

from jupyter_sc2.engine import precision

CPU, GPU = torch.device("cpu"), torch.device("cuda")
B3, B15 = 3 * 10**9, 15 * 10**9


@pytest.mark.parametrize(
    ("device", "parameters", "free", "native", "expected"),
    [
        (CPU, 6 * 10**6, 10**10, True, "bfloat16"),
        (CPU, 6 * 10**6, 10**10, False, "float32"),
        (CPU, B3, 10**10, True, "int4"),
        (GPU, B3, 24 * 10**9, True, "bfloat16"),
        (GPU, B3, 8 * 10**9, False, "int8"),  # float32 would need 12 GB
        (GPU, B15, 24 * 10**9, True, "int8"),
        (GPU, B15, 12 * 10**9, True, "int4"),
    ],
)
def test_auto(monkeypatch, device, parameters, free, native, expected):
    monkeypatch.setattr(precision, "free_bytes", lambda device: free)
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda device: native)
    assert precision.choose_precision("auto", device, parameters, True) == expected


def test_what_does_not_suit_is_not_chosen(monkeypatch):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda device: True)
    assert precision.choose_precision("auto", CPU, B3, False) == "bfloat16"
    monkeypatch.setattr(precision, "kernels_run", lambda: False)
    assert precision.choose_precision("auto", CPU, B3, True) == "bfloat16"
    assert precision.choose_precision("int8", CPU, B3, True) == "int8"
