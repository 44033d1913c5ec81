"""Texts that end an answer, found across the borders of tokens and inside them."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.tokenizer import Tokenizer


class Stops:
    """Follows one answer. `skipped` is text at its beginning that counts for nothing: what was typed already."""

    def __init__(self, tokenizer: Tokenizer, texts: Sequence[str], skipped: str = "") -> None:
        self.tokenizer = tokenizer
        self.texts = [text.encode() for text in texts]
        self._kept = max(map(len, self.texts)) - 1  # bytes in which an unfinished one may have begun
        self._tail = b""
        self._skip = len(skipped.encode())

    def complete(self, token_id: int) -> bool:
        """Takes the answer's next id; whether the answer now holds one of the texts."""
        spelled = self.tokenizer.spelling.get(token_id)
        if spelled is None:  # a special id has its visible name, as in the decoded answer
            spelled = self.tokenizer.decode([token_id]).encode()
        fresh = spelled[self._skip :]
        self._skip -= len(spelled) - len(fresh)
        seen = self._tail + fresh
        self._tail = seen[len(seen) - self._kept :] if self._kept < len(seen) else seen
        return any(text in seen for text in self.texts)
