"""Converted copies of checkpoints on disk: found by what they were made of, made where there is none, and checked.

The layout is the same for every processor, so a copy's name says only the source's SHA-256, the precision and LAYOUT.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import msgspec
import torch
from torch import Tensor

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.folder import Report, sha256
from jupyter_sc2.engine.lowbit.convert import convert
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.errors import Sc2Error, WeightsError

LAYOUT = 1  # of file and kernels; a new one makes old copies useless
WEIGHTS, MANIFEST = "model.safetensors", "copy.json"
GOLDEN = 64  # logits that are kept
TOLERANCE = 0.05  # of their spread: another processor sums up in another order


class Manifest(msgspec.Struct, frozen=True):
    """`source` is the SHA-256 of the weights that were converted. Golden logits are absent until the first load."""

    source: str
    precision: str
    layout: int
    sha256: str
    golden: Annotated[list[float], msgspec.Meta(max_length=GOLDEN)] = []


class Copy:
    """One copy, in a folder of its own."""

    def __init__(self, folder: Path, source: str, precision: str) -> None:
        self.folder = folder / f"{source[:16]}-{precision}-{LAYOUT}"
        self.source, self.precision = source, precision

    @property
    def path(self) -> Path:
        return self.folder / WEIGHTS

    def manifest(self) -> Manifest | None:
        """None for a copy that is absent, half written or of something else."""
        try:
            found = msgspec.json.decode((self.folder / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None
        same = (found.source, found.precision, found.layout) == (self.source, self.precision, LAYOUT)
        return found if same and self.path.is_file() else None

    def make(self, config: ModelConfig, tensors: Iterable[tuple[str, Tensor]], bits: int, report: Report) -> None:
        """Raises Sc2Error when it cannot be written: `disk_full` or `cache_unwritable`; then nothing is left behind.

        `report` hears what is written and then hashed: twice the copy's size, beside what `tensors` reports. Another
        worker may be making the same copy: each writes into a folder of its own, and whoever is first stays.
        """
        draft = None
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(mkdtemp(prefix=f"{self.folder.name}.", dir=self.folder.parent))
            convert(config, tensors, bits, draft / WEIGHTS, report)
            write(Manifest(self.source, self.precision, LAYOUT, sha256(draft / WEIGHTS, report)), draft)
            self.place(draft, lambda _: report(0))
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            message = f"The converted weights could not be written to {self.folder.parent}: {error.strerror}."
            hint = "Free some space" if full else "Make the folder writable"
            code = "disk_full" if full else "cache_unwritable"
            raise Sc2Error(code, message, f"{hint}, or choose bfloat16.") from None
        finally:
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)

    def place(self, draft: Path, report: Report) -> None:
        """Gives a finished copy its name, unless another worker's has it by now."""
        if self.intact(report):
            return
        self.remove()
        try:
            draft.rename(self.folder)
        except OSError:
            if not self.intact(report):
                raise

    def intact(self, report: Report) -> bool:
        """Absent, damaged and unreadable are the same: then it is made."""
        manifest = self.manifest()
        try:
            return manifest is not None and sha256(self.path, report) == manifest.sha256
        except WeightsError:
            return False

    def touch(self) -> None:
        """Notes that it is in use: what was not for longest is removed first."""
        with suppress(OSError):
            os.utime(self.folder / MANIFEST)

    def answers(self, model: Starcoder2) -> bool:
        """Whether the model's logits are those of the first load, which are kept."""
        logits = golden(model)
        manifest = self.manifest()
        if manifest is None or not torch.tensor(logits).isfinite().all():
            return False
        if not manifest.golden:
            with suppress(OSError):  # then the next load keeps them
                write(msgspec.structs.replace(manifest, golden=logits), self.folder)
            return True
        known, found = torch.tensor(manifest.golden), torch.tensor(logits)
        return bool((known - found).abs().mean() <= TOLERANCE * known.std())

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def write(manifest: Manifest, folder: Path) -> None:
    """The manifest stands for a whole copy, so it is written last and at once."""
    draft = folder / f"{MANIFEST}.{os.getpid()}"
    draft.write_bytes(msgspec.json.encode(manifest))
    draft.replace(folder / MANIFEST)


@torch.inference_mode()
def golden(model: Starcoder2) -> list[float]:
    """Some logits after the first ids of the vocabulary."""
    ids = torch.arange(min(16, model.config.vocab_size))[None]
    logits = model(ids)[0, -1].float()
    return [round(float(value), 4) for value in logits[:: max(1, len(logits) // GOLDEN)][:GOLDEN]]
