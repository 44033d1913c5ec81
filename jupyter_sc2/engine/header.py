"""What a safetensors file says it holds, checked before any of it is used.

Format: https://github.com/huggingface/safetensors#format. The library accepts a duplicate key silently, and its
messages name neither file nor expectation; so the header is read here too.
"""

from __future__ import annotations

import json
from collections import Counter
from math import prod
from pathlib import Path
from typing import Annotated, Any

import msgspec

from jupyter_sc2.errors import WeightsError

MAX_HEADER_BYTES = 100_000_000  # as the format's own limit
SIZES = {"F32": 4, "BF16": 2, "F16": 2}  # bytes of one number

Natural = Annotated[int, msgspec.Meta(ge=0, le=2**48)]


class Entry(msgspec.Struct, frozen=True):
    """One tensor of a file; offsets in bytes from the end of the header."""

    dtype: str
    shape: Annotated[tuple[Natural, ...], msgspec.Meta(max_length=8)]
    data_offsets: tuple[Natural, Natural]


def read_header(path: Path) -> dict[str, Entry]:
    """Name to tensor. Raises WeightsError `weights_corrupt` naming the file, what was expected and what was found."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
                message = f"{path} is cut off: a header of {length} bytes expected, {max(size - 8, 0)} bytes found."
                raise WeightsError("weights_corrupt", message)
            raw = file.read(length)
    except OSError as error:
        raise WeightsError("weights_corrupt", f"{path} cannot be read: {error.strerror}.") from None
    try:
        pairs: dict[str, Any] = json.loads(raw, object_pairs_hook=_no_duplicates)
        pairs.pop("__metadata__", None)
        entries = msgspec.convert(pairs, dict[str, Entry])
    except _DuplicateKey as error:
        raise WeightsError("weights_corrupt", f"{path} has the name {str(error)[:80]!r} twice in its header.") from None
    except (ValueError, AttributeError, RecursionError, msgspec.ValidationError):
        raise WeightsError("weights_corrupt", f"{path} has no readable safetensors header.") from None
    _check_layout(path, entries, size - 8 - length)
    return entries


def _check_layout(path: Path, entries: dict[str, Entry], size: int) -> None:
    """The tensors must fill the `size` bytes of data without gap or overlap."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        if entry.dtype not in SIZES:
            kinds = ", ".join(SIZES)
            raise WeightsError("weights_corrupt", f"{path}: {name} is of type {entry.dtype}; {kinds} expected.")
        start, stop = entry.data_offsets
        needed = prod(entry.shape) * SIZES[entry.dtype]
        if start != end or stop - start != needed:
            message = f"{path}: {name} lies at bytes {start}-{stop}; {end}-{end + needed} expected."
            raise WeightsError("weights_corrupt", message)
        end = stop
    if end != size:
        raise WeightsError("weights_corrupt", f"{path} holds {size} bytes of tensors; {end} expected.")


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = Counter(name for name, _ in pairs)
    for name, count in names.items():
        if count > 1:
            raise _DuplicateKey(name)
    return dict(pairs)
