"""Weights from a folder into a model that is ready to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from jupyter_sc2.engine.adapter import read_adapter
from jupyter_sc2.engine.config import ModelConfig, read_config
from jupyter_sc2.engine.folder import check_sums, find_files
from jupyter_sc2.engine.header import Entry, read_header
from jupyter_sc2.engine.lowbit.parts import copy_bytes, suits
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.precision import BITS, choose_device, choose_dtype, choose_precision, free_bytes, kernels_run
from jupyter_sc2.engine.reading import Progress, read_tensors
from jupyter_sc2.engine.second_voice import Shares, read_shares
from jupyter_sc2.errors import Sc2Error, WeightsError
from jupyter_sc2.tokenizer import Tokenizer

Precision = Literal["auto", "float32", "bfloat16", "int8", "int4"]


@dataclass(frozen=True)
class Loaded:
    """A model in memory. `known_ids` bounds the ids that the tokenizer can spell; `nbytes` counts the parameters.

    `sha256` is that of the base weights, `adapter_sha256` that of an adapter merged into them, empty without one.
    `dtype` is that of activations and KV caches. Random test weights have no tokenizer. Weights without `shares` have
    no second voice.
    """

    model: Starcoder2
    sha256: str
    known_ids: int
    nbytes: int
    dtype: torch.dtype
    device: torch.device
    tokenizer: Tokenizer | None = None
    shares: Shares | None = None
    precision: str = "bfloat16"
    adapter_sha256: str = ""


def load(
    folder: Path,
    precision: Precision = "auto",
    device: str = "auto",
    progress: Callable[[float], None] = lambda share: None,
    converted: Path | None = None,
    adapter: Path | None = None,
) -> Loaded:
    """Reads, checks and places the weights; `progress` hears the share (0..1) of the bytes hashed and placed.

    With int8 or int4 a converted copy is kept in the folder `converted`, or nowhere. `adapter` is the folder of a LoRA
    adapter that is merged in. Raises WeightsError: `no_weights`, `weights_corrupt`, `weights_unsafe`, `wrong_adapter`,
    `no_memory`; or Sc2Error `no_device`, `bad_value`, `disk_full`.
    """
    config, shares = read_config(folder), read_shares(folder)
    files = find_files(folder)
    place = choose_device(device)
    with torch.device("meta"):
        model = Starcoder2(config)
    _check_tensors(model, {path: read_header(path) for path in files})
    parameters = sum(parameter.numel() for parameter in model.parameters())
    chosen = choose_precision(precision, place, parameters, suits(config))
    dtype = choose_dtype(chosen, place)
    nbytes = copy_bytes(config, BITS[chosen]) if chosen in BITS else parameters * dtype.itemsize
    _check_memory(folder, nbytes, place)
    tokenizer = Tokenizer(folder / "tokenizer.json") if (folder / "tokenizer.json").is_file() else None
    known_ids = _known_ids(tokenizer, config)
    added = read_adapter(adapter, _shapes(model), lambda _: progress(0.0)) if adapter else None
    if chosen in BITS:
        if not suits(config):
            raise Sc2Error("bad_value", f"{folder} has sizes that do not suit {chosen}.", "Choose bfloat16.")
        if place.type == "cpu" and not kernels_run():
            raise Sc2Error("bad_value", f"This processor is too old for {chosen}: it has no AVX2.", "Choose float32.")
        from jupyter_sc2.engine.lowbit.load import load_copy  # loads LLVM

        digest = load_copy(model, folder, files, chosen, dtype, place, converted, progress, added)
    else:
        report = Progress(progress, 2 * sum(path.stat().st_size for path in files))
        digest = check_sums(folder, files, report)
        wanted = model.state_dict().keys()
        read = (pair for path in files for pair in read_tensors(path, wanted, report))
        _fill(model, added.merged(read) if added else read, dtype, place)
    _check_answer(adapter or folder, model, place)
    progress(1.0)
    adapter_digest = added.sha256 if added else ""
    return Loaded(model, digest, known_ids, nbytes, dtype, place, tokenizer, shares, chosen, adapter_digest)


def _fill(model: Starcoder2, tensors: Iterable[tuple[str, Tensor]], dtype: torch.dtype, place: torch.device) -> None:
    placed = {name: tensor.to(place, dtype, copy=True) for name, tensor in tensors}
    model.load_state_dict(placed, strict=False, assign=True)
    placed.clear()  # `freeze` joins matrices of one layer after the other: what was joined must be free to go
    model.tie()
    model.freeze()


def _shapes(model: Starcoder2) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _check_tensors(model: Starcoder2, headers: dict[Path, dict[str, Entry]]) -> None:
    """The files must hold each tensor that the configuration asks for, in its shape, and no others."""
    expected = _shapes(model)
    found: dict[str, Path] = {}
    for path, entries in headers.items():
        for name, entry in entries.items():
            if name in found:
                raise WeightsError("weights_corrupt", f"{path} holds {name}, which {found[name].name} holds too.")
            if name not in expected:
                if name.endswith(".rotary_emb.inv_freq"):  # older checkpoints saved this; it is computed
                    continue
                raise WeightsError("weights_corrupt", f"{path} holds {name[:80]!r}, which is no part of StarCoder2.")
            if entry.shape != expected[name]:
                shapes = f"{list(expected[name])} expected from config.json, {list(entry.shape)} found"
                raise WeightsError("weights_corrupt", f"{path}: {name} has the wrong shape: {shapes}.")
            found[name] = path
    optional = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    missing = sorted(expected.keys() - found.keys() - optional)
    if missing:
        names = ", ".join(path.name for path in headers)
        message = f"{next(iter(headers)).parent}: {missing[0]} is missing from {names} ({len(missing)} in all)."
        raise WeightsError("weights_corrupt", message)


def _check_memory(folder: Path, needed: int, device: torch.device) -> None:
    free = free_bytes(device)
    if free is not None and needed > free:
        message = f"{folder} needs {needed / 1e9:.1f} GB of memory on {device.type}; {free / 1e9:.1f} GB is free."
        raise WeightsError("no_memory", message, "Close other programs or choose smaller weights.")


def _known_ids(tokenizer: Tokenizer | None, config: ModelConfig) -> int:
    """Ids below this one can be spelled. A padded vocabulary has more rows than that; a wrong tokenizer fewer."""
    if tokenizer is None:
        return config.vocab_size
    size = tokenizer.vocab_size
    if size > config.vocab_size:
        message = f"{tokenizer.path} has {size} ids; config.json expects at most {config.vocab_size}."
        raise WeightsError("weights_corrupt", message)
    return size


def _check_answer(folder: Path, model: Starcoder2, device: torch.device) -> None:
    """Every output row takes part in these logits, and with shared embeddings every input row as well."""
    with torch.inference_mode():
        logits = model(torch.arange(min(16, model.config.vocab_size), device=device)[None])
    if not logits.isfinite().all():
        raise WeightsError("weights_corrupt", f"{folder} holds weights that are not finite numbers (NaN or infinite).")
