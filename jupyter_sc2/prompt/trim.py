"""Decides which generated characters are shown: a suggestion ends where a person would stop reading it.

The first line flows as it comes; later lines are shown whole, so that nothing half-written is left at the end.
"""

from __future__ import annotations

import re

from jupyter_sc2.prompt.ghost import Prompt
from jupyter_sc2.prompt.script import CODE_MARK
from jupyter_sc2.tokenizer import Tokenizer

MAX_LINES = 12
_OPENERS, _CLOSERS = "([{", ")]}"
_ENDLESS = re.compile(r"(\S.{2,30}?)\1{3}\Z")  # the same few characters four times running


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def is_open(text: str) -> bool:
    """True while `text` has more opening than closing brackets, or ends in a colon or a backslash. Approximate."""
    depth = sum(text.count(c) for c in _OPENERS) - sum(text.count(c) for c in _CLOSERS)
    return depth > 0 or text.rstrip().endswith((":", "\\", ","))


class Trimmer:
    """Feed it ids; it returns new characters that are safe to show. `finished` asks to stop the generation."""

    def __init__(self, prompt: Prompt, tokenizer: Tokenizer) -> None:
        self.prompt, self.tokenizer = prompt, tokenizer
        self.finished = False
        self._ids: list[int] = []
        self._read = len(prompt.spell)  # decoded characters already taken, or typed before
        self._line = ""  # the unfinished line
        self._lines: list[str] = []  # finished lines, without their ends
        self._shown = 0  # characters of the unfinished line already shown
        self._rest_of_line = prompt.suffix.partition("\n")[0].rstrip()
        self._next_line = next((line for line in prompt.suffix.split("\n")[1:] if line.strip()), None)

    def feed(self, ids: list[int]) -> str:
        """New characters to show for `ids`, which hold no stop id."""
        if self.finished:
            return ""
        self._ids += ids
        text = self.tokenizer.decode(self._ids)
        if text.endswith("\ufffd"):  # a character is still incomplete
            return ""
        if not text.startswith(self.prompt.spell):
            self.finished = not self.prompt.spell.startswith(text)  # the weights cannot spell it: no suggestion
            return ""
        fresh, self._read = text[self._read :], len(text)
        out = ""
        while fresh and not self.finished:
            head, newline, fresh = fresh.partition("\n")
            self._line += head
            if newline:
                out += self._end_line()
        if _ENDLESS.search(self._line):
            self.finished = True
        return out if self._lines or self.finished else out + self._flow()

    def flush(self, complete: bool = True) -> str:
        """The rest, once generation ended: by itself (`complete`), or cut by a limit."""
        if self.finished:
            return ""
        self.finished = True
        if self._lines and (not complete or self._stops_before(self._line)):
            return ""
        if not self._lines:
            return self._without_overlap()[self._shown :]
        return "\n" + self._line if self._line.strip() else ""

    def _flow(self) -> str:
        """The first line as it grows, less a tail that may turn out to be the text already after the cursor."""
        held = next(
            (n for n in range(len(self._rest_of_line), 0, -1) if self._line.endswith(self._rest_of_line[:n])), 0
        )
        end = max(self._shown, len(self._line) - held)
        out, self._shown = self._line[self._shown : end], end
        return out

    def _without_overlap(self) -> str:
        rest = self._rest_of_line
        return self._line.removesuffix(rest) if rest else self._line

    def _end_line(self) -> str:
        """Takes the line just ended; returns what of it is still to show and sets `finished` where it must end."""
        line = self._line
        if not self._lines:
            line = self._without_overlap()
            out = line[self._shown :]
            whole = self.prompt.line_prefix + line
            if self._rest_of_line or (self.prompt.line_prefix.strip() and not is_open(whole)):
                self.finished = True
        elif self._stops_before(line):
            self.finished = True
            return ""
        else:
            out = "\n" + line
        self._lines.append(line)
        self._line = ""
        if len(self._lines) >= MAX_LINES:
            self.finished = True
        return out

    def _stops_before(self, line: str) -> bool:
        """A blank line, a new cell, a step out of the cursor's block, the next line of the cell, or a third repeat."""
        something = (self.prompt.line_prefix + "".join(self._lines)).strip()
        if not line.strip():
            return bool(something)
        if line.startswith(CODE_MARK.strip()):
            return True
        if self._next_line is not None and line.strip() == self._next_line.strip() and len(line.strip()) > 2:
            return True
        if self._lines.count(line) >= 2:
            return True
        base = indentation(self.prompt.line_prefix)
        dedented = indentation(line) < base and line.strip()[0] not in _CLOSERS
        return self.prompt.language == "python" and dedented
