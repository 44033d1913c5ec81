"""Code in a cell's output: highlighted where Markdown is shown, plain elsewhere, and nothing hidden in it."""

from __future__ import annotations

import re
from typing import Any

from IPython.display import display, update_display

# Terminal escapes, characters without width and such as change the direction of text: they hide what code does.
# One variation selector after a character chooses how an emoji looks; more of them carry something.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]|(?<=[\ufe00-\ufe0f])[\ufe0e\ufe0f]"
)


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
