"""Whether weights fit this machine, and which of those that do are best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jupyter_sc2.catalog.known import KNOWN, Known
from jupyter_sc2.catalog.memory import copy_on_disk, needs, parameters, precisions
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.messages import Device, Machine, MemoryNeed, Precision, Presence

CONTEXT = 4096  # token ids
LARGE = 10**9  # parameters: from here on a processor writes as fast as it reads weights, so fewer bits are faster


class Fit(NamedTuple):
    """How weights would be held: with which numbers, on which device ("cpu", "cuda:0"), and the bytes needed there."""

    precision: Precision
    device: str
    bytes: int


def judge(config: ModelConfig, machine: Machine, context: int = CONTEXT) -> list[MemoryNeed]:
    """The memory that each precision needs where it fits, or on the processor, the most exact first."""
    found = []
    for precision in precisions(config):
        fit = place(config, precision, machine, context)
        need = fit.bytes if fit else needs(config, precision, context)
        found.append(MemoryNeed(precision, need, fit is not None))
    return found


def place(config: ModelConfig, precision: Precision, machine: Machine, context: int = CONTEXT) -> Fit | None:
    """The first GPU with room for these weights, else the processor; None where they fit nowhere.

    A converted copy passes through the machine's memory on its way to a GPU.
    """
    need = needs(config, precision, context, gpu=True)
    passes = copy_on_disk(config, precision) <= machine.memory_free_bytes
    for device in machine.devices:
        if device.name.startswith("cuda") and passes and need <= device.free_bytes:
            return Fit(precision, device.name, need)
    need = needs(config, precision, context)
    runs = machine.few_bits or precision not in ("int8", "int4")
    return Fit(precision, "cpu", need) if runs and need <= machine.memory_free_bytes else None


def best_fit(config: ModelConfig, machine: Machine, context: int = CONTEXT) -> Fit | None:
    """As the engine chooses: the most exact numbers on a GPU, on a processor few bits for large weights."""
    fits = [fit for precision in precisions(config) if (fit := place(config, precision, machine, context))]
    fits = [fit for fit in fits if fit.precision != "float32"] or fits
    on_gpu = [fit for fit in fits if fit.device != "cpu"]
    if on_gpu or parameters(config) < LARGE:
        return next(iter(on_gpu or fits), None)
    return fits[-1] if fits else None


def least(config: ModelConfig, machine: Machine, context: int = CONTEXT) -> MemoryNeed:
    """What the fewest bits that run here need."""
    few = [need for need in judge(config, machine, context) if machine.few_bits or not need.precision.startswith("int")]
    return min(few, key=lambda need: need.bytes)


def disk_need(entry: Known, precision: Precision, presence: Presence) -> int:
    """Bytes still to be written: what is to be downloaded, and the converted copy."""
    return (0 if presence == "complete" else entry.download_bytes) + copy_on_disk(entry.config, precision)


def instead(
    wish: Known, machine: Machine, candidates: Sequence[Known] = KNOWN, context: int = CONTEXT
) -> tuple[Known, Fit] | None:
    """The largest of the smaller weights that fit where `wish` does not, of its kind if there are such."""
    smaller = [entry for entry in candidates if entry.parameters < wish.parameters]
    found = [(entry, fit) for entry in smaller if (fit := best_fit(entry.config, machine, context))]
    return max(found, key=lambda pair: (pair[0].kind == wish.kind, pair[0].parameters), default=None)


def room_of(fit: Fit, machine: Machine) -> Device:
    """The device of a fit; the processor as one."""
    cpu = Device("cpu", "memory", machine.memory_bytes, machine.memory_free_bytes)
    return next((device for device in machine.devices if device.name == fit.device), cpu)
