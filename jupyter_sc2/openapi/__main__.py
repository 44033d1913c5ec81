"""`python -m jupyter_sc2.openapi [FILE]` writes the description to docs/openapi.json, or another file."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_sc2.openapi import encoded


def main(path: str = "docs/openapi.json") -> None:
    Path(path).write_bytes(encoded())
    print(f"{path}: {len(encoded())} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:2])
