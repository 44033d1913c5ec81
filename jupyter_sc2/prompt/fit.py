"""Which part of a suggestion for Python makes sense in its cell: what parses together with the text around it.

The engine's words are shown as they come. Once they are all there, a step too far can be seen: a bracket that is never
closed or closed twice, an indentation too many, a line that is no Python.
"""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_sc2.prompt.reply import parses

MAX_CHARS = 20_000  # of a cell: a longer one takes too long to parse again and again
MAX_TRIES = 64
_CLOSER = {"(": ")", "[": "]", "{": "}"}


def fitting(before: str, text: str, after: str) -> str:
    """The longest variant of `text` that is Python between `before` and `after`, the rest of its cell.

    `text` itself where nothing can be said: the cell is no Python without it either. Empty where nothing of it fits.
    """
    if len(before) + len(after) > MAX_CHARS or before.lstrip().startswith("%%"):
        return text
    for number, variant in enumerate(_variants(before, text)):
        if parses(before + variant + after):
            return variant
        if number == MAX_TRIES:
            break
    return "" if _is_sound(before, after) else text


def _variants(before: str, text: str) -> Iterator[str]:
    """`text` itself, then what is left of it when lines go from its end, brackets are closed, or a step is undone."""
    lines = text.split("\n")
    fresh = not before.rpartition("\n")[2].strip()
    for count in range(len(lines), 0, -1):
        part = "\n".join(lines[:count]).rstrip()
        yield part
        if fresh and part[:1] in (" ", "\t"):
            yield _one_step_back(part)
        surplus, unclosed = brackets(part)
        if unclosed:
            yield part.rstrip(", ") + "".join(reversed(unclosed))
        for place in reversed(surplus):
            yield part[:place].rstrip()


def _one_step_back(text: str) -> str:
    step = text[: len(text) - len(text.lstrip())]
    return "\n".join(line.removeprefix(step) for line in text.split("\n"))


def brackets(text: str) -> tuple[list[int], list[str]]:
    """Where `text` closes what it did not open, and the closers that it owes. Strings and comments are skipped."""
    surplus, owed, quote, position = [], [], "", 0
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif text.startswith(quote, position):
                position += len(quote) - 1
                quote = ""
            elif character == "\n" and len(quote) == 1:
                quote = ""
        elif character in "\"'":
            quote = character * 3 if text.startswith(character * 3, position) else character
            position += len(quote) - 1
        elif character == "#":
            position = text.find("\n", position)
            if position < 0:
                break
        elif character in _CLOSER:
            owed.append(_CLOSER[character])
        elif owed and character == owed[-1]:
            owed.pop()
        elif character in ")]}":
            surplus.append(position)
        position += 1
    return surplus, owed


def _is_sound(before: str, after: str) -> bool:
    """Whether the cell is Python without the cursor's line, so that a suggestion is to blame when it is not with it."""
    above, _, line = before.rpartition("\n")
    below = after.partition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    return any(parses(f"{above}\n{stand_in}\n{below}") for stand_in in ("", f"{indent}pass", f"{indent}x,"))
