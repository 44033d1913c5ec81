"""What every message shares: names, roles and bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

PROTOCOL = 1

# `$` alone would allow a line end after the last character.
Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[\w.:/@-]+$(?!\n)")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$(?!\n)")]
Role = Literal["ghost", "magic", "chat"]

MAX_BODY_BYTES = 1 << 20
MAX_CELLS = 2000
MAX_NEW_TOKENS = 1024
MAX_PROMPT_IDS = 16384
