"""The text before the cursor as ids, within a limit, such that a typed key leaves its beginning as it is."""

from __future__ import annotations

from jupyter_sc2.tokenizer import Tokenizer

STEP_CHARS = 1024
MAX_CHARS = 16  # characters for each id of room: text beyond is not even encoded, it would not fit
MARGIN = 8192  # characters more, so that a secret is whole where it is looked for


def near(before: str, after: str, limit: int) -> tuple[str, str]:
    """What of both sides could fit into `limit` ids; the beginning moves in steps, to a line's start."""
    most = limit * MAX_CHARS + MARGIN
    start = max(0, len(before) - most) // STEP_CHARS * STEP_CHARS
    if start:
        start = before.find("\n", start, start + STEP_CHARS) + 1 or start
    return before[start:], after[:most]


def prefix_ids(text: str, tokenizer: Tokenizer, limit: int) -> tuple[list[int], bool]:
    """At most `limit` ids of the end of `text`, and whether it lost its first lines: a fixed step at a time."""
    start = 0
    if len(text) > limit * MAX_CHARS:
        start = (len(text) - limit * MAX_CHARS) // STEP_CHARS * STEP_CHARS
    while True:
        cut = (text.find("\n", start) + 1 or start) if start else 0
        ids = tokenizer.encode(text[cut:])
        if len(ids) <= limit:
            return ids, start > 0
        if start + STEP_CHARS >= len(text):
            step = max(1, limit // 4)  # ids, where they are dense
            return ids[-((limit - len(ids)) // step) * step :], True
        surplus = (len(ids) - limit) * (len(text) - cut) // len(ids)  # characters, about
        start += max(STEP_CHARS, surplus // STEP_CHARS * STEP_CHARS)
