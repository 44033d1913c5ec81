"""Which ids may come next while an answer must spell text that is already typed.

A cursor mostly stands inside a word, where the typed half has other ids than the whole word. So the prompt ends before
the word, and the first new ids must spell what was typed ("token healing").
"""

from __future__ import annotations

from bisect import bisect_left

from jupyter_sc2.tokenizer import Tokenizer


class Speller:
    """`text` is what is still to be spelled, in UTF-8."""

    def __init__(self, tokenizer: Tokenizer, text: str) -> None:
        self.tokenizer, self.text = tokenizer, text.encode()

    def allowed(self) -> list[int]:
        """Ids that spell a beginning of the text, or all of it and more. Empty when the vocabulary cannot."""
        spellings = self.tokenizer.spellings
        first = bisect_left(spellings, (self.text, -1))
        beyond = bisect_left(spellings, (self.text + b"\xff", -1))  # no UTF-8 text holds this byte
        ids = [index for _, index in spellings[first:beyond]]
        for length in range(1, len(self.text)):
            position = bisect_left(spellings, (self.text[:length], -1))
            if position < len(spellings) and spellings[position][0] == self.text[:length]:
                ids.append(spellings[position][1])
        return ids

    def take(self, token_id: int) -> None:
        """Moves on by an allowed id."""
        self.text = self.text[len(self.tokenizer.spelling[token_id]) :]
