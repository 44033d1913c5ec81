"""Weights of 4 or 8 bits into a model, from a converted copy that is made when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from jupyter_sc2.engine.adapter import Adapter
from jupyter_sc2.engine.known_sums import KnownSums
from jupyter_sc2.engine.lowbit.assemble import assemble, read
from jupyter_sc2.engine.lowbit.copies import Copy
from jupyter_sc2.engine.lowbit.parts import copy_bytes
from jupyter_sc2.engine.lowbit.tidy import make_room, tidy
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.precision import BITS
from jupyter_sc2.engine.reading import Progress, read_tensors
from jupyter_sc2.errors import Sc2Error, WeightsError


def load_copy(
    model: Starcoder2,
    folder: Path,
    files: list[Path],
    precision: str,
    dtype: torch.dtype,
    place: torch.device,
    converted: Path | None,
    progress: Callable[[float], None],
    adapter: Adapter | None = None,
) -> str:
    """Fills `model`, which has no weights yet, and returns the SHA-256 of those in `folder`.

    Weights with an `adapter` have a copy of their own. Without the folder `converted` the copy lives until it is read.
    Raises WeightsError, or Sc2Error `disk_full`.
    """
    if converted is None:
        with TemporaryDirectory() as temporary:
            return load_copy(model, folder, files, precision, dtype, place, Path(temporary), progress, adapter)
    wanted, bits = list(model.state_dict().keys()), BITS[precision]
    size, source_size = copy_bytes(model.config, bits), sum(path.stat().st_size for path in files)
    making = source_size + 2 * size  # bytes read; written and hashed
    report = Progress(progress, source_size + making + size)  # at most; what is there makes it less
    digest = KnownSums(converted / "sums.json").find(folder, files, report)
    copy = Copy(converted, adapter.over(digest) if adapter else digest, precision)

    def tensors() -> Iterator[tuple[str, Tensor]]:
        stored = (pair for path in files for pair in read_tensors(path, wanted, report))
        return adapter.merged(stored) if adapter else stored

    def make() -> None:
        report.expect(making + size)
        copy.make(model.config, tensors(), bits, report)

    for _ in range(2):  # a copy that is damaged is made anew, once
        copy.touch()
        report.expect(2 * size)
        if not copy.intact(report):
            try:
                make()
            except Sc2Error as error:
                if error.code != "disk_full" or not make_room(converted, size, copy.folder):
                    raise
                make()
        assemble(model, bits, read(copy.path, size, report).to(place), dtype)
        if copy.answers(model):
            tidy(converted)
            return digest
        copy.remove()
    raise WeightsError("weights_corrupt", f"{folder} gives no finite numbers in {precision}.", "Choose bfloat16.")
