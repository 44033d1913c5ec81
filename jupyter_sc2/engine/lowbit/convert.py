"""A checkpoint's tensors, one after the other, into a converted copy on disk; never two of them in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec
from torch import Tensor

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.folder import Report
from jupyter_sc2.engine.header import Entry
from jupyter_sc2.engine.lowbit import LANES
from jupyter_sc2.engine.lowbit.output import Output
from jupyter_sc2.engine.lowbit.pack import pack, quantise
from jupyter_sc2.engine.lowbit.parts import Matrix, layout, matrices, norms

ROWS = 1024  # of a matrix at a time: some copies of 50 MB where a row has 12,288 numbers


def convert(config: ModelConfig, tensors: Iterable[tuple[str, Tensor]], bits: int, path: Path, report: Report) -> None:
    """Writes `path`, a safetensors file. Raises OSError when the disk does not take it."""
    entries = layout(config, bits)
    places = {name: (matrix, number) for matrix in matrices(config, bits) for number, name in enumerate(matrix.sources)}
    biases = {name: (matrix, number) for matrix in matrices(config, bits) for number, name in enumerate(matrix.biases)}
    plain = norms(config)
    with path.open("wb") as file:
        output = Output(file, _write_header(file, entries), report)
        for name, tensor in tensors:
            if name in places:
                _write_matrix(output, entries, *places[name], tensor)
            elif name in biases:
                matrix, number = biases[name]
                start = entries[f"{matrix.module}.bias"].data_offsets[0] + 4 * sum(matrix.columns[:number])
                output.write(start, tensor.float())
            elif name in plain:
                output.write(entries[name].data_offsets[0], tensor.float())
        output.sync()


def _write_header(file: BinaryIO, entries: dict[str, Entry]) -> int:
    """Returns where the data begins: a multiple of 64."""
    text = json.dumps({name: msgspec.to_builtins(entry) for name, entry in entries.items()}, separators=(",", ":"))
    length = -(-(len(text) + 8) // 64) * 64 - 8
    file.write(length.to_bytes(8, "little") + text.encode().ljust(length))
    return 8 + length


def _write_matrix(output: Output, entries: dict[str, Entry], matrix: Matrix, number: int, tensor: Tensor) -> None:
    weights, scale = (entries[f"{matrix.module}.{part}"] for part in ("weights", "scale"))
    before = sum(matrix.columns[:number])
    for start in range(0, len(tensor), ROWS):
        part = pack(*quantise(tensor[start : start + ROWS], matrix.bits), matrix.bits)
        strip = (before + start) // LANES
        for entry, packed in ((weights, part.weights), (scale, part.scale)):
            step = packed[0].numel() * packed.itemsize
            output.write(entry.data_offsets[0] + strip * step, packed)
