"""A converted copy in memory, as a model."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from jupyter_sc2.engine.folder import Report
from jupyter_sc2.engine.lowbit.linear import LowBitEmbedding, LowBitLinear, LowBitMLP, QueriesAndOthers
from jupyter_sc2.engine.lowbit.pack import Packed
from jupyter_sc2.engine.lowbit.parts import layout, matrices, norms
from jupyter_sc2.engine.model import Starcoder2

PIECE = 32 << 20  # bytes
KINDS = {"U8": torch.uint8, "F16": torch.float16, "F32": torch.float32}


def read(path: Path, size: int, report: Report) -> Tensor:
    """The last `size` bytes of a file, in pages of 2 MB where the system has them: 10% less time for each id."""
    memory = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    view = memoryview(memory)
    with path.open("rb", buffering=0) as file:
        file.seek(-size, 2)
        done = 0
        while done < size:
            count = file.readinto(view[done : done + PIECE])
            if not count:
                raise OSError(f"{path} is cut off")
            done += count
            report(count)
    return torch.frombuffer(memory, dtype=torch.uint8)


def assemble(model: Starcoder2, bits: int, data: Tensor, dtype: torch.dtype) -> None:
    """Puts packed layers into a model without weights; `data` is that of the file."""
    config = model.config
    whole: Any = model  # modules take the place of others of another type
    for layer in whole.model.layers:
        layer.self_attn.qkv_proj, layer.mlp = QueriesAndOthers(), LowBitMLP()
        for name in ("q_proj", "k_proj", "v_proj"):
            if hasattr(layer.self_attn, name):
                delattr(layer.self_attn, name)
    tensors = {
        name: data[slice(*entry.data_offsets)].view(KINDS[entry.dtype]).view(entry.shape)
        for name, entry in layout(config, bits).items()
    }
    for matrix in matrices(config, bits):
        weights, scale = tensors[f"{matrix.module}.weights"], tensors[f"{matrix.module}.scale"]
        packed = Packed(weights, scale, sum(matrix.columns), matrix.inputs, matrix.bits)
        if matrix.module == "model.embed_tokens":
            whole.model.embed_tokens = LowBitEmbedding(packed, dtype)
            if config.tie_word_embeddings:
                whole.lm_head = LowBitLinear(packed, None, dtype)
        else:
            parent, _, name = matrix.module.rpartition(".")
            layer = LowBitLinear(packed, tensors.get(f"{matrix.module}.bias"), dtype, gelu=name == "c_fc")
            setattr(model.get_submodule(parent), name, layer)
    for name in norms(config):
        parent, _, part = name.rpartition(".")
        setattr(model.get_submodule(parent), part, nn.Parameter(tensors[name].to(dtype), requires_grad=False))
    model.eval().requires_grad_(False)
