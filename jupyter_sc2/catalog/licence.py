"""Which licence weights in a folder come under, by what stands beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_sc2.catalog.bounded import read_text

OPENRAIL, OPENRAIL_NAME = "bigcode-openrail-m", "BigCode OpenRAIL-M v1"
_FIELD = re.compile(r"(license|license_name|base_model)\s*:\s*(.*)")
_ITEM = re.compile(r"\s*-\s*(\S+)")


def from_bigcode(name: str) -> bool:
    """Whether a repository's name is BigCode's, or that of one made of BigCode's weights."""
    return bool(re.match(r"(bigcode/|huggingfaceh4/starchat)", name.strip("'\" "), re.IGNORECASE))


def licence_of(folder: Path, config: dict[str, Any]) -> tuple[str, str]:
    """The id of the terms to accept ("" for none that we know) and the licence's name ("" where nothing says it).

    Weights made of BigCode's stay under BigCode's licence whatever their card calls it.
    """
    fields = front_matter(folder)
    origins = [*fields.get("base_model", []), str(config.get("_name_or_path", ""))]
    named = [value for field in ("license_name", "license") for value in fields.get(field, [])]
    if OPENRAIL in named or any(from_bigcode(origin) for origin in origins) or _in_cache_of_bigcode(folder):
        return OPENRAIL, OPENRAIL_NAME
    return "", named[0][:100] if named else ""


def _in_cache_of_bigcode(folder: Path) -> bool:
    """Other programs' downloads lie in `models--org--name/snapshots/...`."""
    return any(from_bigcode(part[8:].replace("--", "/", 1)) for part in folder.parts if part.startswith("models--"))


def front_matter(folder: Path) -> dict[str, list[str]]:
    """Some fields at the head of a model card (`README.md`), each a list of values. The rest of YAML is not needed."""
    try:
        lines = read_text(folder / "README.md").splitlines()
    except (OSError, ValueError):
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
