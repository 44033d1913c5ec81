"""A file that is written at any place, heard and brought to the disk while it grows."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import torch
from torch import Tensor

from jupyter_sc2.engine.folder import Report

SYNC_BYTES = 256 << 20  # 13 seconds on a slow disk of 20 MB/s


class Output:
    """`file` with its data from byte `start` on. `report` hears the bytes of tensors that are written."""

    def __init__(self, file: BinaryIO, start: int, report: Report) -> None:
        self.file, self.start, self.report = file, start, report
        self.waiting = 0  # bytes that may not have reached the disk yet

    def write(self, offset: int, tensor: Tensor) -> None:
        """Raises OSError when the disk does not take it."""
        self.file.seek(self.start + offset)
        data: Any = tensor.contiguous().view(torch.uint8).numpy()
        self.file.write(data)
        self.waiting += data.nbytes
        if self.waiting >= SYNC_BYTES:
            self.sync()
        self.report(data.nbytes)

    def sync(self) -> None:
        """Waits for the disk; short, since few bytes are waiting. Raises OSError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.waiting = 0
