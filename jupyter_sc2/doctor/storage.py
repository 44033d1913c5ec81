"""Whether what has to be kept can be kept, and what was downloaded is whole."""

from __future__ import annotations

from jupyter_sc2.catalog import BUILT_IN, KNOWN, Known, locate
from jupyter_sc2.catalog.verdict import size
from jupyter_sc2.doctor.report import Check, Folder
from jupyter_sc2.downloads import records
from jupyter_sc2.engine.folder import check_sums, find_files
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.messages import Machine

WORTH = "bigcode/starcoder2-3b"  # the weights that a disk should have room for


def storage(folders: list[Folder], machine: Machine) -> list[Check]:
    return [*map(folder, folders), disk(machine), built_in(), *downloaded()]


def folder(found: Folder) -> Check:
    if found.writable:
        held = f", {size(found.bytes)}" if found.bytes > 0 else ""
        return Check(found.name, "ok", f"{found.path}{held}" if found.exists else f"{found.path}, not made yet")
    state = "problem" if found.name == "data" else "warn"
    advice = "Make it writable, or free its path from a file of that name."
    return Check(found.name, state, f"{found.path} cannot be written", advice)  # type: ignore[arg-type]


def disk(machine: Machine) -> Check:
    wanted = next(entry for entry in KNOWN if entry.weights == WORTH)
    free = f"{size(machine.disk_free_bytes)} free at {machine.disk_path}"
    if machine.disk_free_bytes >= wanted.download_bytes or records.find(WORTH):
        return Check("disk", "ok", free)
    advice = "Free some space, or set HF_HOME to a folder on a larger disk before Jupyter starts."
    return Check("disk", "warn", f"{free}; {wanted.title} needs {size(wanted.download_bytes)}", advice)


def built_in() -> Check:
    place = locate(BUILT_IN)
    try:
        check_sums(place, find_files(place), lambda count: None)
    except WeightsError as error:
        return Check("built-in weights", "problem", error.message, "Install jupyter-sc2 again.")
    return Check("built-in weights", "ok", "whole")


def downloaded() -> list[Check]:
    """Of the known weights: those that are here, and those that were and are not whole any more."""
    return [check for entry in KNOWN if (check := _downloaded(entry))]


def _downloaded(entry: Known) -> Check | None:
    record = records.read(entry.weights) if entry.download_bytes else None
    if record is None:
        return None
    if records.find(entry.weights):
        return Check(
            entry.title, "ok", f"downloaded, commit {record.revision[:12]}, {size(records.disk_bytes(entry.weights))}"
        )
    text = "was downloaded, but files of it are missing or cut off"
    return Check(entry.title, "problem", text, f"Run `jupyter sc2 models download {entry.weights}`.")
