"""Where to compute, and with which numbers."""

from __future__ import annotations

import platform

import torch

from jupyter_sc2.errors import Sc2Error

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
BITS = {"int8": 8, "int4": 4}
LARGE = 10**9  # parameters: from here on a CPU spends its time reading weights


def choose_device(name: str) -> torch.device:
    """The device called `name`; "auto" is the first GPU, or else the CPU. Raises Sc2Error `no_device`."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        hint = 'Set the device to "auto" or "cpu".'
        raise Sc2Error("no_device", f"The device {name[:40]!r} cannot be used here.", hint, status=503) from None
    return device


def choose_precision(wanted: str, device: torch.device, parameters: int, suited: bool) -> str:
    """`wanted`, or for "auto" what suits device and memory.

    A CPU writes with large weights at the pace at which it reads them: int4. A GPU takes the largest that fits.
    """
    if wanted != "auto":
        return wanted
    plain = "bfloat16" if multiplies_bfloat16(device) else "float32"
    if not suited or (device.type == "cpu" and (parameters < LARGE or not kernels_run())):
        return plain
    if device.type == "cpu":
        return "int4"
    free = free_bytes(device)
    if device.type != "cuda" or free is None or 1.1 * DTYPES[plain].itemsize * parameters < free:
        return plain
    return "int8" if 1.2 * parameters < free else "int4"


def kernels_run() -> bool:
    """Whether the kernels for few bits run here: on x86 they need instructions that came with AVX2 (2013)."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return not x86 or torch.backends.cpu.get_cpu_capability() != "DEFAULT"


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The numbers in which activations and KV caches are kept for `precision`.

    For weights of few bits bfloat16 where the processor multiplies it natively. Measured on such a CPU (Zen 5) with the
    built-in weights: prefill of 1,000 ids takes 0.4, decoding 0.85 of float32's processor time, at half the memory.
    """
    if precision in DTYPES:
        return DTYPES[precision]
    return torch.bfloat16 if multiplies_bfloat16(device) else torch.float32


def multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "mps" or (device.type == "cpu" and _cpu_multiplies_bfloat16())


def _cpu_multiplies_bfloat16() -> bool:
    """AVX512-BF16 or AMX. torch answers this by private names only, which may go."""
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in names)


def free_bytes(device: torch.device) -> int | None:
    """Bytes that a new tensor may take on `device`; None where nobody tells."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
