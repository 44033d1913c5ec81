"""The licence file that downloaded weights carry."""

from __future__ import annotations

import re
from pathlib import Path

MAX_BYTES = 256 << 10
_NAME = re.compile(r"licen[cs]e([._-][a-z0-9]+)*|copying", re.ASCII | re.IGNORECASE)


def text_of(folder: Path) -> str:
    """Its text, whatever its bytes; empty where there is none. What is too long ends with a sentence that says so."""
    try:
        found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
    except OSError:
        return ""
    if not found:
        return ""
    path = min(found, key=lambda path: (len(path.name), path.name))  # LICENSE before LICENSE-THIRD-PARTY
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."
    text = content[:MAX_BYTES].decode("utf-8-sig", "replace")
    rest = f"\n\n(Only the first {MAX_BYTES >> 10} KiB of {path.name} are shown.)"
    return text + rest if len(content) > MAX_BYTES else text
