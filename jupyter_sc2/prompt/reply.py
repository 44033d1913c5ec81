"""Which part of a whole answer in code is worth keeping: no endless repetition, no half statement at its end."""

from __future__ import annotations

import ast
import re
import warnings

from jupyter_sc2.tokenizer import Tokenizer

FENCE = "```"
MAX_PERIOD = 160  # characters
MIN_REPEATED = 200  # characters that must repeat before it is called endless: people write rows of zeros too
MIN_TIMES = 3
# IPython's own: magics, shell and help, as a line or after an assignment. Tried only where plain Python fails.
_IPYTHON = re.compile(r"^([ \t]*)([\w., \t]+=[ \t]*)?(?:[%!].*|\?{1,2}[\w.]+|[\w.]+\?{1,2})$", re.MULTILINE)


class CodeReply:
    """Feed it ids; it returns the new characters. `finished` asks to stop the generation."""

    def __init__(self, tokenizer: Tokenizer, language: str = "python") -> None:
        self.tokenizer, self.language = tokenizer, language
        self.finished = False
        self.text = ""
        self._ids: list[int] = []

    def feed(self, ids: list[int]) -> str:
        """New characters for `ids`, which hold no stop id."""
        if self.finished:
            return ""
        self._ids += ids
        text = self.tokenizer.decode_begun(self._ids)
        fresh, self.text = text[len(self.text) :], text
        self.finished = without_repetition(text) != text
        return fresh

    def flush(self, complete: bool = True) -> str:
        """Nothing is held back."""
        return ""

    def kept(self, complete: bool) -> str:
        return kept_code(self.text, self.language, complete)


class FencedReply:
    """A reply in code as Markdown: what a base model writes, in a fence of the notebook's language."""

    def __init__(self, code: CodeReply) -> None:
        self.code = code
        self._open = f"{FENCE}{re.sub(r'[^a-z0-9+#-]', '', code.language.lower())}\n"

    @property
    def finished(self) -> bool:
        return self.code.finished or FENCE in self.code.text

    def feed(self, ids: list[int]) -> str:
        begun = bool(self.code.text)
        fresh = self.code.feed(ids)
        return fresh if begun or not fresh else self._open + fresh

    def flush(self, complete: bool = True) -> str:
        return ""

    @property
    def kept(self) -> str:
        """All that was shown but endless repetition; empty when there is nothing."""
        code = without_repetition(self.code.text).partition(FENCE)[0].rstrip()
        return f"{self._open}{code}\n{FENCE}" if code else ""


def kept_code(code: str, language: str, complete: bool) -> str:
    """Whole statements. An answer that ended by itself (`complete`) is kept where not even its first is."""
    text = without_repetition(code)
    if language != "python":
        return text.rstrip()
    whole = whole_statements(text.rstrip())
    return whole if whole or not complete or text != code else text.rstrip()


def without_repetition(text: str) -> str:
    """`text` with only the first of the same characters over and over at its end."""
    for period in range(1, min(MAX_PERIOD, len(text) // MIN_TIMES) + 1):
        if text[-period:] != text[-2 * period : -period]:
            continue
        start = len(text) - period
        while start >= period and text[start - period : start] == text[-period:]:
            start -= period
        while start > 0 and text[start - 1] == text[start + period - 1]:
            start -= 1
        if len(text) - start >= max(MIN_REPEATED, MIN_TIMES * period) and text[-period:].strip():
            return text[: start + period]
    return text


def whole_statements(text: str) -> str:
    """The longest beginning of `text`, cut at a line end, that Python can parse, IPython's magic lines included."""
    if text.startswith("%%"):
        return text
    lines = text.split("\n")
    for count in range(len(lines), 0, -1):
        beginning = "\n".join(lines[:count]).rstrip()
        if parses(beginning):
            return beginning
    return ""


def parses(source: str) -> bool:
    """Whether it is Python, or Python with IPython's own lines."""
    if _is_python(source):
        return True
    if not any(sign in source for sign in "%!?"):
        return False
    plain = _IPYTHON.sub(lambda line: f"{line[1]}{line[2] or ''}None", source)
    return plain != source and _is_python(plain)


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape is no reason to print anything
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
