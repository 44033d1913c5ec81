"""StarCoder2's structured notebooks: text, code and output by turns (https://arxiv.org/abs/2402.19173, section 5).

`<jupyter_start><jupyter_text>text<jupyter_code>code<jupyter_output>output...`; an empty output is `<empty_output>`.
A base model that is given a request as text and then `<jupyter_code>` writes the code that the text announces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.prompt.stop import STOP_IDS
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

START, EMPTY_OUTPUT = SPECIAL_ID["<jupyter_start>"], SPECIAL_ID["<empty_output>"]
KIND_ID = {kind: SPECIAL_ID[f"<jupyter_{kind}>"] for kind in ("text", "code", "output")}
MAX_CHARS = 16  # characters for each id of room: text beyond is not even encoded, it would not fit

Encode = Callable[[str], tuple[int, ...]]


class Part(Struct, frozen=True):
    """A cell of the prompt. Code is followed by its output, which is not read in this version: an empty one."""

    kind: Literal["text", "code"]
    source: str


class ReplyPrompt(Struct, frozen=True):
    """Ids that end where the answer is to begin. `truncated` says that not all of what was given fits.

    The answer ends at one of `stop_ids`, or at a text in `stop`, which is no part of it.
    """

    ids: list[int]
    truncated: bool
    language: str = "python"
    stop_ids: tuple[int, ...] = STOP_IDS
    stop: tuple[str, ...] = ()


def build(
    examples: Sequence[Part],
    earlier: Sequence[Part],
    request: str,
    tokenizer: Tokenizer,
    limit: int,
    language: str,
    known: str = "",
) -> ReplyPrompt:
    """Examples, what is `known` of the kernel, the nearest of `earlier` that fit, then `request`: at most `limit` ids.

    Examples give way before anything else does. Raises `too_large` when the request alone is too long.
    """
    encode = tokenizer.encode_kept
    request = mask_secrets(request)
    asked = [KIND_ID["text"], *tokenizer.encode(request[: limit * MAX_CHARS]), KIND_ID["code"]]
    room = limit - len(asked) - 1
    if room < 0 or len(request) > limit * MAX_CHARS:
        raise Sc2Error("too_large", f"The request is too long: these weights take {limit} token ids.", status=422)
    told = nearest_parts([Part("code", known)], encode, room) if known else []
    room -= sum(map(len, told))
    shown = nearest_parts(earlier, encode, room)
    room -= sum(map(len, shown))
    taught = nearest_parts(examples, encode, room) if room > 0 else []
    if len(taught) < len(examples):
        taught = []  # half a lesson starts in the middle
    ids = [START, *(token_id for piece in (*taught, *told, *shown) for token_id in piece), *asked]
    return ReplyPrompt(ids, len(shown) < len(earlier), language)


def nearest_parts(parts: Sequence[Part], encode: Encode, room: int) -> list[list[int]]:
    """The last parts that fit whole into `room` ids, in order."""
    chosen: list[list[int]] = []
    for part in reversed(parts):
        if len(part.source) > max(0, room) * MAX_CHARS:
            break
        piece = _piece(part, encode)
        room -= len(piece)
        if room < 0:
            break
        chosen.insert(0, piece)
    return chosen


def _piece(part: Part, encode: Encode) -> list[int]:
    ids = [KIND_ID[part.kind], *encode(mask_secrets(part.source.strip()))]
    return [*ids, KIND_ID["output"], EMPTY_OUTPUT] if part.kind == "code" else ids
