"""Training checkpoints as safetensors (never pickles), written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jupyter_sc2.tune.recipe import Trainer


def save(trainer: Trainer, progress: dict[str, Any], path: Path) -> None:
    """`progress` must be JSON; it travels in the file's metadata so that both are always of one moment."""
    tensors = {f"master.{name}": p.detach() for name, p in trainer.master.named_parameters()}
    for kind, optimizer in trainer.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors.update({f"{kind}.{index}.{key}": torch.as_tensor(value) for key, value in state.items()})
    temporary = path.with_suffix(".partial")
    save_file({name: t.contiguous() for name, t in tensors.items()}, temporary, {"progress": json.dumps(progress)})
    os.replace(temporary, path)


def start(trainer: Trainer, weights: Path) -> None:
    """Fills `trainer` with finished weights, to train them further; its optimizers begin anew."""
    tensors = load_file(weights)
    with torch.no_grad():
        for name, parameter in trainer.master.named_parameters():
            parameter.copy_(tensors[name])
    trainer.refresh()


def load(trainer: Trainer, path: Path) -> dict[str, Any]:
    """Fills `trainer` and returns the progress."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
        progress: dict[str, Any] = json.loads(file.metadata()["progress"])
    with torch.no_grad():
        for name, parameter in trainer.master.named_parameters():
            parameter.copy_(tensors[f"master.{name}"])
    for kind, optimizer in trainer.optimizers.items():
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"{kind}."):
                _, index, key = name.split(".", 2)
                state.setdefault(int(index), {})[key] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    trainer.refresh()
    return progress
