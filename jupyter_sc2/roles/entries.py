"""The catalogue's list: what can be chosen here, and how it suits the machine."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import isfile  # unlike Path.is_file it raises for no path
from pathlib import Path

from jupyter_sc2 import catalog
from jupyter_sc2.catalog import preflight
from jupyter_sc2.catalog.describe import describe, safetensors_bytes
from jupyter_sc2.catalog.verdict import verdict
from jupyter_sc2.downloads import kept, records
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import CatalogueEntry, Machine, Presence

ADAPTER = "A LoRA adapter: it is chosen together with the weights that it was made for."


def recorded() -> list[records.Record]:
    """Weights that were downloaded, whether all of their files are still there or not."""
    paths = sorted((kept.data_folder() / "weights").glob("*.json"))
    return [record for path in paths if (record := kept.read(path, records.Record))]


def entry_of(weights: str, machine: Machine, candidates: Iterable[catalog.Known] = catalog.KNOWN) -> CatalogueEntry:
    """Reads files, so it does not belong on the event loop. What cannot be described is listed by its name alone."""
    presence, revision, disk_bytes = _on_disk(weights)
    try:
        known = describe(weights)
    except Sc2Error as error:
        why = ADAPTER if presence == "complete" and _is_adapter(weights) else error.message
        return _unknown(weights, presence, revision, disk_bytes, why)
    return CatalogueEntry(
        weights=weights,
        title=known.title,
        kind=known.kind,
        parameters=known.parameters,
        download_bytes=known.download_bytes,
        disk_bytes=disk_bytes,
        memory=preflight.judge(known.config, machine),
        languages=list(known.languages),
        language_count=known.language_count,
        licence=known.licence,
        licence_name=known.licence_name,
        card=known.card,
        presence=presence,
        revision=revision,
        verdict=verdict(known, machine, presence, list(candidates)),
        suited_for=list(known.suited_for),
    )


def _on_disk(weights: str) -> tuple[Presence, str, int]:
    """Whether weights are here, which commit, and the bytes that they take."""
    if catalog.is_hub_id(weights):
        record = records.find(weights)
        return records.presence(weights), record.revision if record else "", records.disk_bytes(weights)
    folder = catalog.locate(weights)
    return ("complete" if isfile(folder / "config.json") else "absent"), "", _bytes_in(folder)


def _is_adapter(weights: str) -> bool:
    return isfile(catalog.locate(weights) / "adapter_config.json")


def _bytes_in(folder: Path) -> int:
    try:
        return safetensors_bytes(folder)
    except OSError:
        return 0


def _unknown(weights: str, presence: Presence, revision: str, disk_bytes: int, why: str) -> CatalogueEntry:
    return CatalogueEntry(
        weights=weights,
        title=catalog.name_of(weights),
        kind="base",
        parameters=0,
        download_bytes=0,
        disk_bytes=disk_bytes,
        memory=[],
        languages=[],
        language_count=0,
        licence=catalog.licence_needed(weights),
        licence_name="",
        card="",
        presence=presence,
        revision=revision,
        verdict=why,
        suited_for=[],
    )
