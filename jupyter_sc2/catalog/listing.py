"""A line of the catalogue, as pages and terminals get it."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.catalog.known import KNOWN, Known
from jupyter_sc2.catalog.names import is_hub_id
from jupyter_sc2.catalog.preflight import CONTEXT, judge
from jupyter_sc2.catalog.verdict import verdict
from jupyter_sc2.downloads import records
from jupyter_sc2.messages import CatalogueEntry, Machine


def listed(
    entry: Known, machine: Machine, candidates: Sequence[Known] = KNOWN, context: int = CONTEXT
) -> CatalogueEntry:
    """`entry` on this machine. `candidates` are what may be proposed where it does not fit."""
    of_hub = is_hub_id(entry.weights)
    record = records.read(entry.weights) if of_hub else None
    presence = records.presence(entry.weights) if of_hub else "complete"
    return CatalogueEntry(
        weights=entry.weights,
        title=entry.title,
        kind=entry.kind,
        parameters=entry.parameters,
        download_bytes=entry.download_bytes,
        disk_bytes=records.disk_bytes(entry.weights) if of_hub else entry.file_bytes,
        memory=judge(entry.config, machine, context),
        languages=list(entry.languages),
        language_count=entry.language_count,
        licence=entry.licence,
        licence_name=entry.licence_name,
        card=entry.card,
        presence=presence,
        revision=record.revision if record else "",
        verdict=verdict(entry, machine, presence, candidates, context),
        suited_for=list(entry.suited_for),
    )
