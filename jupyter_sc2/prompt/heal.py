"""Where a prompt may end so that its last word is not half a word: token healing, the prompt builder's part."""

from __future__ import annotations

import re

# The last piece as GPT-2's pre-tokenizer with single digits would cut it: a word, a digit, other signs, or white space.
_LAST_PIECE = re.compile(r"(?: ?[^\W\d_]+| ?\d| ?(?:[^\s\w]|_)+|\s+)\Z")
MAX_CHARS = 32


def split_last_piece(text: str) -> tuple[str, str]:
    """(text that ends at a border between tokens, the rest, which the answer must spell first)."""
    start = max(0, len(text) - MAX_CHARS)
    match = _LAST_PIECE.search(text, start)
    cut = match.start() if match else len(text)
    return text[:cut], text[cut:]
