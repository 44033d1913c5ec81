"""A random checkpoint in the form in which large ones are published, and a Hub on loopback that offers it."""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from hub import Hub, Stored

from benchmarks.speed.checkpoint import SHAPES, STD, shards
from jupyter_sc2 import catalog

FILES = 2  # of weights


def write_published(folder: Path, shape: str) -> None:
    """config.json, float32 weights in FILES files, tokenizer and card, unless all of it is there."""
    config = {**SHAPES[shape], "torch_dtype": "float32"}
    if (folder / "config.json").is_file() and json.loads((folder / "config.json").read_text()) == config:
        return
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {name: size for part in shards(config) for name, size in part.items()}
    names = list(sizes)
    weight_map: dict[str, str] = {}
    generator = torch.Generator().manual_seed(0)
    for index in range(FILES):
        mine = names[index * len(names) // FILES : (index + 1) * len(names) // FILES]
        name = f"model-{index + 1:05d}-of-{FILES:05d}.safetensors"
        _write(folder / name, {key: sizes[key] for key in mine}, generator)
        weight_map |= dict.fromkeys(mine, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    shutil.copy(catalog.find(catalog.BUILT_IN).tokenizer_path, folder / "tokenizer.json")
    (folder / "README.md").write_text("---\nlicense: bigcode-openrail-m\n---\nRandom numbers.\n")
    (folder / "config.json").write_text(json.dumps(config, indent=1))  # last: it says that the rest is complete


def _write(path: Path, sizes: dict[str, tuple[int, ...]], generator: torch.Generator) -> None:
    """A safetensors file (https://github.com/huggingface/safetensors#format), tensor by tensor."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, size in sizes.items():
        start, end = end, end + 4 * int(torch.Size(size).numel())
        header[name] = {"dtype": "F32", "shape": list(size), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, size in sizes.items():
            tensor = torch.ones(size) if name.endswith("norm.weight") else torch.randn(size, generator=generator) * STD
            file.write(memoryview(tensor.numpy()).cast("B"))


class Mapped(Stored):
    """A file that is too large for the memory, hashed once."""

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def offer(weights: str, folder: Path, told: Connection) -> None:
    """Offers the folder as `weights` until the process ends; says where."""
    hub = Hub()
    files = {path.name: Mapped(_map(path), path.suffix == ".safetensors") for path in sorted(folder.iterdir())}
    commit = hashlib.sha1("".join(each.etag for each in files.values()).encode()).hexdigest()
    hub.repos[weights] = {commit: files, "main": files, "commits": {"main": commit, commit: commit}}
    told.send(hub.url)
    hub.released.wait()


def _map(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
