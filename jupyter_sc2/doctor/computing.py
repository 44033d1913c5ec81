"""Whether the model can run: its interpreter, torch, processor, GPU and memory."""

from __future__ import annotations

from jupyter_sc2 import __version__
from jupyter_sc2.catalog import BUILT_IN
from jupyter_sc2.catalog.known import known
from jupyter_sc2.catalog.memory import needs
from jupyter_sc2.catalog.verdict import size
from jupyter_sc2.doctor.interpreter import Asked
from jupyter_sc2.doctor.report import Check
from jupyter_sc2.messages import Device, Machine

CPU_INDEX, CUDA_INDEX = "download.pytorch.org/whl/cpu", "pip install --force-reinstall torch"


def computing(asked: Asked, interpreter: str, machine: Machine, cards: list[Device]) -> list[Check]:
    """`cards` are the GPUs that the driver shows, whether torch can use them or not."""
    return [engine(asked, interpreter), *processor(asked), *gpu(asked, cards), memory(machine)]


def engine(asked: Asked, interpreter: str) -> Check:
    probe = asked.probe
    if probe is None:
        advice = f"Install jupyter-sc2 for {interpreter}, or set Sc2App.interpreter to a Python that has it."
        return Check("model's Python", "problem", f"{interpreter} {asked.trouble}.", advice)
    if probe.trouble:
        advice = f"Run `{interpreter} -m pip install --force-reinstall jupyter-sc2`."
        state = "problem" if probe.instructions == "" else "warn"
        return Check("model's Python", state, probe.trouble, advice)  # type: ignore[arg-type]
    if probe.jupyter_sc2 != __version__:
        text = f"has jupyter-sc2 {probe.jupyter_sc2}, the server {__version__}"
        return Check("model's Python", "problem", text, "Install the same version of jupyter-sc2 for both.")
    return Check("model's Python", "ok", f"Python {probe.python}, torch {probe.torch}")


def processor(asked: Asked) -> list[Check]:
    probe = asked.probe
    if probe is None or not probe.instructions:
        return []
    if not probe.few_bits and not probe.trouble:
        text = f"{probe.instructions}: too old for int4 and int8, so large weights take more memory and are slow"
        return [Check("processor", "warn", text, "Use the built-in weights, or a machine with AVX2 or a GPU.")]
    precision = "bfloat16" if probe.bfloat16 else "float32"
    return [Check("processor", "ok", f"{probe.instructions}, computes in {precision}")]


def gpu(asked: Asked, cards: list[Device]) -> list[Check]:
    probe = asked.probe
    if probe is None or not probe.instructions:
        return []
    if probe.gpus:
        return [Check("GPU", "ok", f"{', '.join(probe.gpus)} with CUDA {probe.cuda}")]
    if not cards:
        return []
    names = ", ".join(card.title for card in cards)
    if not probe.cuda:
        text = f"{names} is there, but this torch was built for processors only"
        return [Check("GPU", "warn", text, "Install a torch for CUDA: see pytorch.org, Get Started.")]
    text = f"{names} is there, but torch for CUDA {probe.cuda} cannot use it"
    return [
        Check("GPU", "warn", text, "Update NVIDIA's driver, or install a torch for the CUDA that `nvidia-smi` names.")
    ]


def memory(machine: Machine) -> Check:
    entry = known(BUILT_IN)
    assert entry is not None
    least = needs(entry.config, "bfloat16", entry.config.max_position_embeddings)
    text = f"{size(machine.memory_free_bytes)} of {size(machine.memory_bytes)} free"
    if machine.memory_free_bytes < least:
        text += f"; even the built-in weights need {size(least)}"
        return Check("memory", "problem", text, "Close other programs, or shut down kernels that you no longer need.")
    return Check("memory", "ok", text)
