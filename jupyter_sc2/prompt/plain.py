"""The text of an answer exactly as it was written: whole characters, cut at the first stop text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from msgspec import Struct

from jupyter_sc2.messages import Logprob
from jupyter_sc2.prompt.reply import FENCE
from jupyter_sc2.tokenizer import Tokenizer


class Token(Struct, frozen=True):
    """An id of an answer, and at which character of the answer it begins."""

    id: int
    offset: int
    logprob: Logprob


class Piece(Struct, frozen=True):
    """New characters, and the ids that begin in them where their chances were asked for."""

    text: str = ""
    tokens: tuple[Token, ...] = ()


class PlainText:
    """Feed it ids. `stops` end the answer and are never shown, nor is what may become one held for sure.

    The answer first spells `spelled`, which was typed already and is not shown; `most` bounds the ids after it.
    """

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str], most: int, spelled: str = "") -> None:
        self.tokenizer, self.stops, self.most = tokenizer, stops, most
        self.stopped = False  # at a stop text
        self.spelling_ids = 0  # that only, or also, spelled what was typed
        self._own_ids = 0
        self._skip = len(spelled.encode())
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text, self._shown = "", 0
        self._tokens: list[Token] = []  # that begin after what is shown

    @property
    def full(self) -> bool:
        return self._own_ids >= self.most

    def feed(self, ids: Sequence[int], logprobs: Sequence[Logprob] = ()) -> Piece:
        for index, token_id in enumerate(ids):
            if self.stopped or self.full:
                break
            if logprobs:
                self._tokens.append(Token(token_id, len(self._text), logprobs[index]))
            self._take(token_id)
        return self._show(len(self._text) if self.stopped else len(self._text) - self._held())

    def flush(self) -> Piece:
        """What was held back, once the answer has ended. Half a character at its end is left out."""
        return self._show(len(self._text))

    def _take(self, token_id: int) -> None:
        spelled = bytes_of(token_id, self.tokenizer)
        if self._skip:
            self.spelling_ids += 1
            spelled, self._skip = spelled[self._skip :], max(0, self._skip - len(spelled))
        else:
            self._own_ids += 1
        self._text += self._decoder.decode(spelled)
        found = [at for stop in self.stops if (at := self._text.find(stop, self._shown)) >= 0]
        if found:
            self._text, self.stopped = self._text[: min(found)], True

    def _held(self) -> int:
        """Characters at the end with which a stop text may begin."""
        tail = self._text[self._shown :]
        longest = max(map(len, self.stops), default=1) - 1
        sizes = range(min(longest, len(tail)), 0, -1)
        return next((size for size in sizes if any(stop.startswith(tail[-size:]) for stop in self.stops)), 0)

    def _show(self, end: int) -> Piece:
        text, self._shown = self._text[self._shown : end], end
        count = sum(token.offset < end for token in self._tokens)
        tokens, self._tokens = self._tokens[:count], self._tokens[count:]
        return Piece(text, tuple(tokens))


def bytes_of(token_id: int, tokenizer: Tokenizer) -> bytes:
    """What an id stands for in UTF-8; a special id for its visible name."""
    spelled = tokenizer.spelling.get(token_id)
    return tokenizer.decode([token_id]).encode() if spelled is None else spelled


class Fenced:
    """An answer that is code, as Markdown in a fence of its language. Empty when nothing is written."""

    def __init__(self, code: PlainText, language: str) -> None:
        self.code = code
        self._open, self._begun, self._line_ended = f"{FENCE}{language}\n", False, False

    @property
    def stopped(self) -> bool:
        return self.code.stopped

    @property
    def full(self) -> bool:
        return self.code.full

    @property
    def spelling_ids(self) -> int:
        return self.code.spelling_ids

    def feed(self, ids: Sequence[int], logprobs: Sequence[Logprob] = ()) -> Piece:
        return self._opened(self.code.feed(ids, logprobs))

    def flush(self) -> Piece:
        piece = self._opened(self.code.flush())
        if not self._begun:
            return piece
        return Piece(piece.text + (FENCE if self._line_ended else f"\n{FENCE}"), piece.tokens)

    def _opened(self, piece: Piece) -> Piece:
        if not piece.text:
            return piece
        text = piece.text if self._begun else self._open + piece.text
        self._begun, self._line_ended = True, text.endswith("\n")
        return Piece(text, piece.tokens)
