"""The judgement on weights in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.catalog.known import KNOWN, Known
from jupyter_sc2.catalog.memory import copy_on_disk
from jupyter_sc2.catalog.preflight import CONTEXT, Fit, best_fit, disk_need, instead, least, room_of
from jupyter_sc2.catalog.speed import answers_in_time, pace_in_words
from jupyter_sc2.messages import Machine, Precision, Presence

WORDS: dict[Precision, str] = {"float32": "float32", "bfloat16": "bfloat16", "int8": "8 bits", "int4": "4 bits"}


def size(count: int) -> str:
    """Bytes in decimal GB or MB."""
    if count < 10**8:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB" if count < 10**11 else f"{count / 1e9:.0f} GB"


def verdict(
    entry: Known,
    machine: Machine,
    presence: Presence,
    candidates: Sequence[Known] = KNOWN,
    context: int = CONTEXT,
) -> str:
    """How `entry` suits `machine`, and what is to be downloaded. `candidates` are what may be proposed in its place."""
    fit = best_fit(entry.config, machine, context)
    if fit is None:
        return " ".join([does_not_fit(entry, machine, context), *_other(entry, machine, candidates, context)])
    return " ".join([fits(fit, machine), *_pace(entry, fit, machine), *_disk(entry, fit, machine, presence)])


def fits(fit: Fit, machine: Machine) -> str:
    room = room_of(fit, machine)
    where = "" if fit.device == "cpu" else f" on {room.title}"
    return f"Fits{where} with {WORDS[fit.precision]}: {size(fit.bytes)} of {size(room.free_bytes)} free memory."


def does_not_fit(entry: Known, machine: Machine, context: int = CONTEXT) -> str:
    need = least(entry.config, machine, context)
    free = max([machine.memory_free_bytes, *(device.free_bytes for device in machine.devices)])
    return f"Does not fit: it needs {size(need.bytes)} of memory with {WORDS[need.precision]}, {size(free)} are free."


def _other(entry: Known, machine: Machine, candidates: Sequence[Known], context: int) -> list[str]:
    other = instead(entry, machine, candidates, context)
    return [f"{other[0].title} fits: {size(other[1].bytes)} with {WORDS[other[1].precision]}."] if other else []


def _pace(entry: Known, fit: Fit, machine: Machine) -> list[str]:
    """Only of large weights on a processor: there it decides."""
    if fit.device != "cpu" or entry.download_bytes == 0:
        return []
    slow = [role for role in entry.suited_for if not answers_in_time(entry.config, fit.precision, machine.cpus, role)]
    pace = pace_in_words(entry.config, fit.precision)
    if not slow:
        return [f"By estimate {pace}."]
    names = {"ghost": "ghost text", "magic": "%%starcoder", "chat": "chat"}
    return [f"By estimate {pace}, which is slow for {' and '.join(names[role] for role in slow)}."]


def _disk(entry: Known, fit: Fit, machine: Machine, presence: Presence) -> list[str]:
    if presence == "complete" or entry.download_bytes == 0:
        return []
    copy, free = copy_on_disk(entry.config, fit.precision), machine.disk_free_bytes
    copies = f" and {size(copy)} for the converted copy" if copy else ""
    only = "only " if disk_need(entry, fit.precision, presence) > free else ""
    return [f"Needs {size(entry.download_bytes)} to download{copies}; {only}{size(free)} of disk are free."]
