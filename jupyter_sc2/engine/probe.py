"""What this interpreter can compute with, for `jupyter sc2 doctor`: `python -m jupyter_sc2.engine.probe` prints JSON.

A process of its own: torch takes a second to load, may be of another environment, and may fail to load at all.
"""

from __future__ import annotations

import platform
from importlib import metadata

import msgspec

from jupyter_sc2 import __version__


class Probe(msgspec.Struct, frozen=True):
    """`cuda` is the version that torch was built for, "" for none. `gpus` are those that torch can use.

    `instructions` are the widest of the processor that torch knows, such as AVX2. `trouble`: why something cannot be
    loaded, in a sentence.
    """

    python: str
    jupyter_sc2: str
    torch: str = ""
    cuda: str = ""
    gpus: list[str] = []
    instructions: str = ""
    few_bits: bool = False
    bfloat16: bool = False
    trouble: str = ""


def look() -> Probe:
    """Loads torch and llvmlite, as a worker would."""
    found = Probe(platform.python_version(), __version__)
    try:
        import torch

        from jupyter_sc2.engine.precision import kernels_run, multiplies_bfloat16
    except (ImportError, OSError) as error:
        return msgspec.structs.replace(
            found, torch=version("torch"), trouble=f"torch cannot be loaded: {first(error)}."
        )
    place = torch.device("cpu")
    found = msgspec.structs.replace(
        found,
        torch=str(torch.__version__),
        cuda=str(torch.version.cuda or ""),
        gpus=[torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())],
        instructions=torch.backends.cpu.get_cpu_capability(),
        few_bits=kernels_run(),
        bfloat16=multiplies_bfloat16(place),
    )
    try:
        import llvmlite.binding  # noqa: F401 (compiles the kernels)
    except (ImportError, OSError, RuntimeError) as error:
        trouble = f"llvmlite cannot be loaded, which int4 and int8 need: {first(error)}."
        return msgspec.structs.replace(found, few_bits=False, trouble=trouble)
    return found


def version(package: str) -> str:
    """Of what is installed; "" where it is not."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def first(error: Exception) -> str:
    """The first line of an error's text, without its last full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300].rstrip(".")


if __name__ == "__main__":
    print(msgspec.json.encode(look()).decode())
