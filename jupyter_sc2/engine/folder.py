"""Which files of a folder are the weights, and whether they are what they claim to be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

from jupyter_sc2.errors import WeightsError

SINGLE, INDEX, SUMS = "model.safetensors", "model.safetensors.index.json", "SHA256SUMS"
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
PIECE_BYTES = 8 << 20
FETCH = "Fetch the weights again."

Report = Callable[[int], None]  # told a number of bytes that are done with


def find_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint: one, or the shards that its index names.

    Raises WeightsError: `no_weights`, `weights_corrupt`, `weights_unsafe` for pickles and names outside.
    """
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        return [folder / name for name in _shard_names(folder / INDEX)]
    pickles = sorted(path.name for path in folder.glob("*") if path.suffix in PICKLES)
    if pickles:
        hint = "Use a safetensors version of these weights."
        raise WeightsError("weights_unsafe", f"{folder / pickles[0]} is a pickle, which could run code; refused.", hint)
    hint = "Choose a folder that holds config.json and model.safetensors."
    raise WeightsError("no_weights", f"No weights in {folder}: {SINGLE} is missing.", hint)


def _shard_names(index: Path) -> list[str]:
    try:
        names = set(json.loads(index.read_bytes())["weight_map"].values())
        unsafe = sorted(name for name in names if not re.fullmatch(r"[\w.-]+\.safetensors", name))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise WeightsError("weights_corrupt", f"{index} is not an index of safetensors files.") from None
    if unsafe:
        raise WeightsError("weights_unsafe", f"{index} names {unsafe[0][:80]!r}, which is no file of its folder.")
    missing = sorted(name for name in names if not (index.parent / name).is_file())
    if missing or not names:
        raise WeightsError("weights_corrupt", f"{index.parent / (missing or [SINGLE])[0]} is missing.", FETCH)
    return sorted(names)


def check_sums(folder: Path, files: list[Path], report: Report) -> str:
    """Hashes `files`, compares every file that `SHA256SUMS` lists, and returns the weights' SHA-256.

    That is the file's own when there is one, else the SHA-256 of the sorted lines "hash  name". Raises WeightsError.
    """
    found = {path.name: sha256(path, report) for path in files}
    listed = _listed_sums(folder / SUMS)
    if listed is not None:
        for name in sorted(listed.keys() | found.keys()):
            path = folder / name
            if name not in found and not path.is_file():
                continue  # a read-me may be gone; weights may not: they are in `found`
            if name not in listed:
                raise WeightsError("weights_corrupt", f"{path} is not listed in {SUMS}.")
            actual = found.get(name) or sha256(path, lambda _: report(0))  # other files only give signs of life
            if actual != listed[name]:
                sums = f"SHA-256 {listed[name][:12]} expected, {actual[:12]} found"
                raise WeightsError("weights_corrupt", f"{path} is damaged: {sums}.", FETCH)
    if len(found) == 1:
        return found[files[0].name]
    lines = sorted(f"{digest}  {name}\n" for name, digest in found.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _listed_sums(path: Path) -> dict[str, str] | None:
    """File name to SHA-256 from a list in the format of `sha256sum`; None when there is no list."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise WeightsError("weights_corrupt", f"{path} is not readable text.") from None
    matches = [re.fullmatch(r"([0-9a-f]{64}) [ *](?:\./)?([\w.-]+)", line) for line in lines if line.strip()]
    if not all(matches):
        raise WeightsError("weights_corrupt", f"{path} is not a list of SHA-256 sums of files in its folder.")
    return {match[2]: match[1] for match in matches if match}


def sha256(path: Path, report: Report = lambda count: None) -> str:
    """Hash of a file in hexadecimal."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
                report(len(piece))
    except OSError as error:
        raise WeightsError("weights_corrupt", f"{path} cannot be read: {error.strerror}.") from None
    return digest.hexdigest()
