"""Which part of a suggestion for Python makes sense in its cell: what parses together with the text around it.

The engine's words are shown as they come. Once they are all there, a step too far can be seen: a bracket that is never
closed or closed twice, an indentation too many, a line that is no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_sc2.prompt.reply import parses

MAX_CHARS = 20_000  # of a cell: a longer one takes too long to parse again and again
MAX_PARSED = 120_000  # characters that are parsed in all, which takes 0.2 s
_CLOSER = {"(": ")", "[": "]", "{": "}"}
# Lines that IPython takes for commands, with automagic the names alone.
_COMMAND = re.compile(r"\s*(?:[!%]|(?:pip|conda|mamba|git|cd|ls|cat|mkdir|rm|cp|mv|man|less|more)\s+[^=\s])")


def fitting(before: str, text: str, after: str) -> str:
    """The longest variant of `text` that is Python between `before` and `after`, the rest of its cell.

    What is only begun, a block or a text in quotes, may go on later. `text` itself where nothing can be said: the cell
    is no Python without it either. Empty where nothing of it fits.
    """
    size = len(before) + len(text) + len(after)
    line = before[before.rfind("\n") + 1 :] + text
    if size > MAX_CHARS or before.lstrip().startswith("%%") or _COMMAND.match(line):
        return text
    for number, (variant, stand_in) in enumerate(_variants(before, text, after)):
        if number * size > MAX_PARSED:
            return text
        if parses(before + variant + stand_in + after):
            return variant
    return "" if _is_sound(before, after) else text


def _variants(before: str, text: str, after: str) -> Iterator[tuple[str, str]]:
    """What is left of `text` when lines go from its end, brackets are closed, or a step is undone.

    Each with a stand-in for what is still to come after it.
    """
    lines = text.split("\n")
    fresh = not before[before.rfind("\n") + 1 :].strip()
    _, opened, quote = brackets(before)
    yield text, ""
    for count in range(len(lines), 0, -1):
        part = "\n".join(lines[:count]).rstrip()
        yield part, ""
        if fresh and part[:1] in (" ", "\t"):
            yield _one_step_back(part), ""
        surplus, unclosed, _ = brackets(part)
        _, owed, within = brackets(part, opened, quote)
        for closers in {"".join(reversed(some)): None for some in (unclosed, owed) if some}:
            yield part.rstrip(", ") + closers, ""
        for place in reversed(surplus):
            yield part[:place].rstrip(), ""
        for stand_in in _still_to_come(before + part, within):
            yield part, stand_in


def _still_to_come(source: str, quote: str) -> Iterator[str]:
    """The end of a text in quotes, the body of a block, the rest of a `try`."""
    line = source[source.rfind("\n") + 1 :]
    indent = line[: len(line) - len(line.lstrip())]
    if len(quote) == 3:
        yield quote
        yield f"{quote}\n{indent}pass"
    elif line.endswith(":"):
        yield f"\n{indent}    pass"
        yield f"\n{indent}    pass\n{indent}except: pass"
    else:
        yield f"\n{indent[:-4]}except: pass"


def _one_step_back(text: str) -> str:
    step = text[: len(text) - len(text.lstrip())]
    return "\n".join(line.removeprefix(step) for line in text.split("\n"))


def brackets(text: str, owed: list[str] | None = None, quote: str = "") -> tuple[list[int], list[str], str]:
    """Where `text` closes what it did not open, the closers that it owes, and the quote that is open at its end.

    It goes on from text that owes `owed` and ends within `quote`. Strings and comments are skipped.
    """
    surplus, owed, position = [], [*(owed or [])], 0
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
    return surplus, owed, quote


def _is_sound(before: str, after: str) -> bool:
    """Whether the cell is Python without the cursor's line, so that a suggestion is to blame when it is not with it."""
    above, _, line = before.rpartition("\n")
    below = after.partition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    if len(brackets(before)[2]) == 3:
        return False
    return any(parses(f"{above}\n{stand_in}\n{below}") for stand_in in ("", f"{indent}pass", f"{indent}x,"))
