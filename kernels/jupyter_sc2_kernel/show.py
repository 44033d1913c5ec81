"""Code in a cell's output: highlighted where Markdown is shown, plain elsewhere, and nothing hidden in it."""

from __future__ import annotations

import re
from typing import Any

from IPython.display import display, update_display

# Terminal escapes, characters without width and such as change the direction of text: they hide what code does.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """Hidden characters as Python's escapes; line ends and tabs stay."""
    text = text.replace("\r\n", "\n")
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def as_markdown(code: str, language: str = "python") -> str:
    """A fence that the code cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


class CodeOutput:
    """An output that grows while code comes in, and then stays as it is, with what made it in its metadata."""

    def __init__(self) -> None:
        self._id: str | None = None

    def show(self, code: str, metadata: dict[str, Any] | None = None) -> None:
        code = visible(code)
        bundle = {"text/plain": code, "text/markdown": as_markdown(code)}
        if self._id is None:
            handle = display(bundle, raw=True, metadata=metadata or {}, display_id=True)
            self._id = handle.display_id
        else:
            update_display(bundle, raw=True, metadata=metadata or {}, display_id=self._id)
