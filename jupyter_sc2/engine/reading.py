"""The tensors of weights' files, one after the other, and how far that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from jupyter_sc2.engine.folder import Report
from jupyter_sc2.errors import WeightsError


def read_tensors(path: Path, wanted: Collection[str], report: Report) -> Iterator[tuple[str, Tensor]]:
    """The `wanted` tensors of a file, one by one, so that the memory holds the model once. They go with the file."""
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                stored = file.get_tensor(name)
                if name in wanted:
                    yield name, stored
                report(stored.nbytes)
    except (SafetensorError, OSError):
        raise WeightsError("weights_corrupt", f"{path} changed or went away while it was read.") from None


def in_shares(total: int, progress: Callable[[float], None]) -> Report:
    """Turns counts of bytes into calls of `progress`, one for each new percent at most."""
    done, told = 0, 0.0

    def report(count: int) -> None:
        nonlocal done, told
        done += count
        share = min(done / total, 1.0)
        if share >= told + 0.01:
            told = share
            progress(share)

    return report
