"""Downloaded weights into a bundle. Every byte is checked on its way."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import msgspec

from jupyter_sc2.downloads import records
from jupyter_sc2.downloads.bundle.manifest import MANIFEST, MAX_NAME, Manifest, manifest_of
from jupyter_sc2.downloads.digest import Digest
from jupyter_sc2.downloads.explain import from_disk
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.places import check_room
from jupyter_sc2.downloads.records import Record
from jupyter_sc2.errors import Sc2Error, WeightsError


class _Checked(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, raw: io.BufferedReader, digest: Digest, meter: Meter) -> None:
        self._raw, self._digest, self._meter = raw, digest, meter

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._digest.add(data)
        self._meter.add(len(data))
        return data


def export(weights: str, path: Path, meter: Meter) -> None:
    """Writes the bundle `path`, at once when it is whole. Raises Sc2Error."""
    record = records.find(weights)
    if record is None:
        hint = f"Fetch them first: `jupyter sc2 models download {weights[:200]}`. A folder can be copied as it is."
        raise Sc2Error("no_weights", f"{weights[:200]} is not downloaded on this machine.", hint)
    manifest = manifest_of(record)
    if any(len(each.file.name) > MAX_NAME for each in manifest.files):
        raise Sc2Error("bad_value", f"A file of {weights} has a name of more than {MAX_NAME} characters.")
    draft = path.with_name(f"{path.name}.part")
    try:
        check_room(path.parent, manifest.total, "Make room, or choose another place.")
        meter.enter("running", 0, manifest.total)
        try:
            _write(draft, manifest, record, meter)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        told = from_disk(error, path.parent)
        raise Sc2Error(told.code, told.message, "Choose another place.", told.status) from None


def _write(draft: Path, manifest: Manifest, record: Record, meter: Meter) -> None:
    with draft.open("wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        data = msgspec.json.format(msgspec.json.encode(manifest))
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(data)
        tar.addfile(head, io.BytesIO(data))
        for each in manifest.files:
            member = tarfile.TarInfo(each.file.name)
            member.size = each.file.size
            digest = Digest(each.file)
            with Path(record.folder, each.file.name).open("rb") as raw:
                tar.addfile(member, _Checked(raw, digest, meter))
            if not digest.is_right() or digest.sha256 != each.sha256:
                hint = f"Fetch what is damaged: `jupyter sc2 models download {record.weights}`."
                raise WeightsError("weights_corrupt", f"{each.file.name} of {record.weights} is damaged.", hint)
    with draft.open("rb+") as written:
        os.fsync(written.fileno())
