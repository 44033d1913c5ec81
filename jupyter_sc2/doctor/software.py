"""Which packages are installed, without importing them."""

from __future__ import annotations

from jupyter_sc2.doctor.report import Check
from jupyter_sc2.engine.probe import version

# torch is the matter of the model's Python.
NEEDED = ("jupyterlab", "jupyter-server", "tokenizers", "safetensors", "huggingface-hub", "psutil", "msgspec")
SHOWN = (*NEEDED[:4], "torch", "transformers", "llvmlite", "ipywidgets", "ipython", *NEEDED[4:5])


def software() -> dict[str, str]:
    """Name to version; "" for what is missing."""
    return {package: version(package) for package in dict.fromkeys((*SHOWN, *NEEDED))}


def missing(found: dict[str, str]) -> list[Check]:
    absent = [package for package in NEEDED if not found[package]]
    advice = f"Run `pip install {' '.join(absent)}` where Jupyter runs."
    return [Check("packages", "problem", f"{', '.join(absent)} not installed", advice)] if absent else []
