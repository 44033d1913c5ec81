"""What of an instruct model's answer is shown and kept: Markdown as it was written, or its first block of code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_sc2.prompt.plain import PlainText
from jupyter_sc2.prompt.reply import kept_code, without_repetition
from jupyter_sc2.tokenizer import Tokenizer

MAX_IDS = 1 << 20  # the engine's bound is lower
_OPENING = re.compile(r"^( *)(`{3,}|~{3,})[^`\n]*\n", re.MULTILINE)
# The last line of code that is still written: it may become the closing line, which is no code.
_UNSURE = re.compile(r"^ *(`*|~*)[ \t]*\Z", re.MULTILINE)


class MarkdownReply:
    """Feed it ids; it returns the new characters. Text from one of `stops` on is never shown, nor is a part of one.

    The engine ends there by itself; `finished` asks it to stop earlier.
    """

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str] = ()) -> None:
        self._plain = PlainText(tokenizer, stops, MAX_IDS)
        self.text = ""
        self.finished = False

    def feed(self, ids: list[int]) -> str:
        if self.finished:
            return ""
        fresh = self._add(self._plain.feed(ids).text)
        self.finished = without_repetition(self.text) != self.text
        return fresh

    def flush(self, complete: bool = True) -> str:
        """What might have begun a stop text."""
        return self._add(self._plain.flush().text)

    @property
    def kept(self) -> str:
        """All that was shown but endless repetition."""
        self.flush()
        return without_repetition(self.text).strip()

    def _add(self, fresh: str) -> str:
        self.text += fresh
        return fresh


class BlockReply:
    """The first fenced block of an answer, as it comes; all of the answer where it turns out to have none."""

    def __init__(self, tokenizer: Tokenizer, language: str = "python", stops: Sequence[str] = ()) -> None:
        self._reply = MarkdownReply(tokenizer, stops)
        self.language = language
        self._ended = False  # no more ids will come
        self._shown = 0  # characters of the code

    @property
    def finished(self) -> bool:
        return self._reply.finished or self._block[1]

    def feed(self, ids: list[int]) -> str:
        if self.finished:
            return ""
        self._reply.feed(ids)
        code, closed = self._block
        return self._show(code or "" if closed else _UNSURE.sub("", code or ""))

    def flush(self, complete: bool = True) -> str:
        self._end()
        code, _ = self._block
        return self._show(self._reply.text if code is None else code)

    def kept(self, complete: bool) -> str:
        """As `CodeReply.kept` does; a block that was closed is complete. Words without a block are kept as they are."""
        self._end()
        code, closed = self._block
        if code is None and complete:
            return self._reply.kept
        return kept_code(self._reply.text if code is None else code, self.language, complete or closed)

    @property
    def _block(self) -> tuple[str | None, bool]:
        return first_block(self._reply.text, self._ended)

    def _end(self) -> None:
        self._reply.flush()
        self._ended = True

    def _show(self, code: str) -> str:
        fresh, self._shown = code[self._shown :], max(self._shown, len(code))
        return fresh


def first_block(text: str, ended: bool = True) -> tuple[str | None, bool]:
    """The code of the first fenced block (CommonMark 0.31, section 4.5), and whether it was closed.

    None where none was opened. While the text grows (not `ended`), a closing line is sure only with its line end. The
    fence may be further to the right than CommonMark allows, as in a list; the code is moved to the left with it.
    """
    opening = _OPENING.search(text)
    if opening is None:
        return None, False
    indent, fence = opening.groups()
    end = r"(?:\n|\Z)" if ended else r"\n"
    body = text[opening.end() :]
    closing = re.search(rf"^ *{fence[0]}{{{len(fence)},}}[ \t]*{end}", body, re.MULTILINE)
    code = body[: closing.start()] if closing else body
    return re.sub(rf"^ {{1,{len(indent)}}}", "", code, flags=re.MULTILINE) if indent else code, closing is not None
