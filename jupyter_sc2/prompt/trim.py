"""Decides which generated characters are shown: a suggestion ends where a person would stop reading it.

The first line flows as it comes; later lines are shown whole, so that nothing half-written is left at the end. Once all
is there, `kept` says what of it is worth keeping.
"""

from __future__ import annotations

import re

from jupyter_sc2.prompt.fit import fitting
from jupyter_sc2.prompt.ghost import Prompt
from jupyter_sc2.prompt.script import code_mark, comment_sign
from jupyter_sc2.tokenizer import Tokenizer

MAX_LINES = 12
_OPENERS, _CLOSERS = "([{", ")]}"
_QUOTES = "\"'"
# The same few characters over and over: 4 times, or 8 times if they are numbers, since people write rows of them too.
_ENDLESS = re.compile(r"(?:(?=.{0,30}[^\W\d_])(\S.{2,30}?)\1{3}|(?=.{0,30}\d)(\S.{1,30}?)\2{7})\Z")
_ENDLESS_REACH = 8 * 32


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def is_open(text: str) -> bool:
    """True while `text` has more opening than closing brackets, or ends in a colon or a backslash. Approximate."""
    depth = sum(text.count(c) for c in _OPENERS) - sum(text.count(c) for c in _CLOSERS)
    return depth > 0 or text.rstrip().endswith((":", "\\", ","))


def closings(stack: list[str], text: str) -> list[int]:
    """Where `text` closes a bracket or quote that was open before it. `stack` holds the open ones and moves on."""
    depth, found = len(stack), []
    for position, character in enumerate(text):
        inside = stack[-1] if stack and stack[-1] in _QUOTES else ""
        if character == inside or (not inside and character in _CLOSERS):
            if len(stack) <= depth:  # not one that `text` opened itself
                found.append(position)
            if stack:
                stack.pop()
            depth = min(depth, len(stack))
        elif not inside and character in _OPENERS + _QUOTES:
            stack.append(character)
    return found


class Trimmer:
    """Feed it ids; it returns new characters that are safe to show. `finished` asks to stop the generation."""

    def __init__(self, prompt: Prompt, tokenizer: Tokenizer) -> None:
        self.prompt, self.tokenizer = prompt, tokenizer
        self.finished = False
        self.text = ""  # all that was shown
        self._endless = False
        self._mark = code_mark(comment_sign(prompt.language)).strip()
        self._output = f"{comment_sign(prompt.language)}>"  # what a cell showed, as prompts have it
        self._ids: list[int] = []
        self._read = len(prompt.spell)  # decoded characters already taken, or typed before
        self._line = ""  # the unfinished line
        self._lines: list[str] = []  # finished lines, without their ends
        self._shown = 0  # characters of the unfinished line already shown
        self._rest_of_line = prompt.suffix.partition("\n")[0].rstrip()
        opened: list[str] = []
        closings(opened, prompt.line_prefix)
        self._open = opened  # brackets and quotes before the cursor, on its line
        self._may_close = max(0, len(opened) - len(closings([*opened], self._rest_of_line)))
        self._next_line = next((line for line in prompt.suffix.split("\n")[1:] if line.strip()), None)

    def feed(self, ids: list[int]) -> str:
        """New characters to show for `ids`, which hold no stop id."""
        out = "" if self.finished else self._read_on(ids)
        self.text += out
        return out

    def flush(self, complete: bool = True) -> str:
        """The rest, once generation ended: by itself (`complete`), or cut by a limit."""
        out = "" if self.finished else self._last(complete)
        self.text += out
        return out

    def kept(self) -> str:
        """What of the shown text is worth keeping: no endless repetition; for Python, what makes sense in its cell."""
        text = "\n".join(self._lines) if self._endless else self.text
        prompt = self.prompt
        return fitting(prompt.prefix, text, prompt.suffix) if text and prompt.language == "python" else text

    def _read_on(self, ids: list[int]) -> str:
        self._ids += ids
        text = self.tokenizer.decode_begun(self._ids)
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
        if not self._lines and not self.finished:
            out += self._flow()
        if not self.finished and _ENDLESS.search(self._line[-_ENDLESS_REACH:]):
            self.finished = self._endless = True
        return out

    def _last(self, complete: bool) -> str:
        self.finished = True
        if self._lines and (not complete or self._stops_before(self._line)):
            return ""
        if not self._lines:
            return self._without_overlap()[self._shown :]
        return "\n" + self._line if self._line.strip() else ""

    def _flow(self) -> str:
        """The first line as it grows, less a tail that may turn out to be the text already after the cursor."""
        if self._closes_too_much():
            out = self._without_overlap()[self._shown :]
            self.finished = True
            return out
        held = next(
            (n for n in range(len(self._rest_of_line), 0, -1) if self._line.endswith(self._rest_of_line[:n])), 0
        )
        end = max(self._shown, len(self._line) - held)
        out, self._shown = self._line[self._shown : end], end
        return out

    def _closes_too_much(self) -> list[int]:
        """Where the line closes what the text after the cursor closes already."""
        return closings([*self._open], self._line)[self._may_close :] if self._rest_of_line else []

    def _without_overlap(self) -> str:
        """The first line without what stands after the cursor already: closers that are one too many, or words."""
        line, rest = self._line, self._rest_of_line
        if surplus := self._closes_too_much():
            return line[: surplus[0]]
        overlap = next((n for n in range(len(rest), 2, -1) if line.endswith(rest[:n])), 0)
        return line[: len(line) - overlap] if any(map(str.isalnum, rest[:overlap])) else line

    def _end_line(self) -> str:
        """Takes the line just ended; returns what of it is still to show and sets `finished` where it must end."""
        line = self._line
        if not self._lines:
            line = self._without_overlap()
            out = line[self._shown :]
            whole = self.prompt.line_prefix + line
            prose = self.prompt.language == "markdown"
            if prose or self._rest_of_line or (self.prompt.line_prefix.strip() and not is_open(whole)):
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
        """A blank line, a new cell, a step out of the cursor's block, the cell's next line, or a line once more."""
        something = (self.prompt.line_prefix + "".join(self._lines)).strip()
        if not line.strip():
            return bool(something)
        if line.startswith((self._mark, self._output)):
            return True
        if self._next_line is not None and line.strip() == self._next_line.strip():
            return True
        if self._lines.count(line) >= 2 or (self._lines and line == self._lines[-1]):
            return True
        base = indentation(self.prompt.line_prefix)
        dedented = indentation(line) < base and line.strip()[0] not in _CLOSERS
        return self.prompt.language == "python" and dedented
