"""The licence file that downloaded weights carry."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 256 << 10
NAMES = ("license", "licence", "license.md", "licence.md", "license.txt", "licence.txt", "copying")


def text_of(folder: Path) -> str:
    """Its text, whatever its bytes; empty where there is none. What is too long ends with a sentence that says so."""
    try:
        found = {path.name.lower(): path for path in folder.iterdir() if path.name.lower() in NAMES and path.is_file()}
    except OSError:
        return ""
    path = next((found[name] for name in NAMES if name in found), None)
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."
    text = content[:MAX_BYTES].decode("utf-8-sig", "replace")
    rest = f"\n\n(Only the first {MAX_BYTES >> 10} KiB of {path.name} are shown.)"
    return text + rest if len(content) > MAX_BYTES else text
