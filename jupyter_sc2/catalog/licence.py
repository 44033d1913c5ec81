"""Which licence weights in a folder come under, by what stands beside them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

HEAD_BYTES = 64 << 10  # of a model card, whose fields stand at its beginning
OPENRAIL, OPENRAIL_NAME = "bigcode-openrail-m", "BigCode OpenRAIL-M v1"
_BIGCODE = re.compile(r"(https?://huggingface\.co/)?(bigcode/|huggingfaceh4/starchat)", re.IGNORECASE)
_FIELD = re.compile(r"(license|license_name|base_model)\s*:\s*(.*)")
_ITEM = re.compile(r"\s*-\s*(\S+)")


def from_bigcode(name: str) -> bool:
    """Whether a repository's name is BigCode's, or that of one made of BigCode's weights."""
    return _BIGCODE.match(name.strip("'\" ")) is not None


def licence_of(folder: Path, config: dict[str, Any]) -> tuple[str, str]:
    """The id of the terms to accept ("" for none that we know) and the licence's name ("" where nothing says it).

    Weights made of BigCode's stay under BigCode's licence whatever their card calls it.
    """
    fields = front_matter(folder)
    origins = [*fields.get("base_model", []), str(config.get("_name_or_path", ""))]
    named = [value for field in ("license_name", "license") for value in fields.get(field, [])]
    is_named = OPENRAIL in map(str.lower, named)
    if is_named or any(from_bigcode(origin) for origin in origins) or _in_cache_of_bigcode(folder):
        return OPENRAIL, OPENRAIL_NAME
    return "", named[0][:100] if named else ""


def _in_cache_of_bigcode(folder: Path) -> bool:
    """Other programs' downloads lie in `models--org--name/snapshots/...`; links may lead there."""
    parts = {*folder.parts, *os.path.realpath(folder / "config.json").split(os.sep)}
    return any(from_bigcode(part[8:].replace("--", "/", 1)) for part in parts if part.startswith("models--"))


def front_matter(folder: Path) -> dict[str, list[str]]:
    """Some fields at the head of a model card (`README.md`), each a list of values. The rest of YAML is not needed."""
    try:
        with (folder / "README.md").open("rb") as file:
            lines = file.read(HEAD_BYTES).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    if not lines or lines[0].strip() != "---":
        return found
    name = ""
    for line in lines[1:200]:
        if line.strip() == "---":
            break
        if field := _FIELD.fullmatch(line):
            name = field[1]
            found[name] = [value for value in re.split(r"[\[\],\s]+", field[2]) if value]
        elif name and (item := _ITEM.match(line)):
            found[name].append(item[1])
        else:
            name = ""
    return {name: [value.strip("'\"") for value in values] for name, values in found.items()}
