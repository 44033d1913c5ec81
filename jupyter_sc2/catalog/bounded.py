"""Small files beside weights, read within a bound. Whoever made them is not trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MAX_BYTES = 4 << 20  # a tokenizer_config.json lists its added tokens: 10 kB for StarCoder2's


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The file's text; bytes that are no UTF-8 are replaced. Raises OSError, or ValueError when it is too long."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{path.name} has more than {limit} bytes")
    return data.decode("utf-8", "replace")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one where there is none."""
    try:
        found = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
