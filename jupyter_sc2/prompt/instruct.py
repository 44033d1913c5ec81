"""The prompt of a conversation with instruct weights: earlier exchanges, what the notebook shows, the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.prompt.structured import MAX_CHARS, ReplyPrompt
from jupyter_sc2.prompt.templates import Form, TemplateName, Turn, form_of
from jupyter_sc2.tokenizer import Tokenizer

MARGIN = 2  # ids that a text may take more beside others than alone
_TICKS = re.compile(r"`{3,}")


class Shown(Struct, frozen=True):
    """A piece of the notebook: a fenced block in the user's turn, below its `title` if it has one."""

    title: str
    language: str
    source: str


class Exchange(Struct, frozen=True):
    """A question with what was shown beside it, and its answer; the last one of a prompt has none yet."""

    question: str
    shown: tuple[Shown, ...] = ()
    answer: str = ""


def instruct_prompt(
    template: TemplateName,
    earlier: Sequence[Exchange],
    asked: Exchange,
    tokenizer: Tokenizer,
    limit: int,
    language: str = "python",
    system: str = "",
) -> ReplyPrompt:
    """At most `limit` ids, which end where the answer is to begin. Secrets are masked.

    The oldest exchanges give way, each as a whole; then what is shown with the question, the first piece first. Raises
    Sc2Error `too_large` when the question alone does not fit, or WeightsError for weights without the template's ids.
    """
    form = form_of(template, tokenizer)
    before = [Turn("system", mask_secrets(system))] if system else []
    room = limit - len(_ids(form, [*before, _question(asked.question, ())], tokenizer, limit))
    if room < 0:
        raise Sc2Error("too_large", f"The question is too long: these weights take {limit} token ids.", status=422)
    blocks = _nearest(asked.shown, tokenizer, room)
    room -= sum(len(tokenizer.encode_kept(block)) + MARGIN for block in blocks)
    told = _newest(earlier, tokenizer, room)
    while True:
        turns = [*before, *(turn for turns in told for turn in turns), _question(asked.question, blocks)]
        ids = _ids(form, turns, tokenizer, limit)
        if len(ids) <= limit:
            truncated = len(blocks) < len(asked.shown) or len(told) < len(earlier)
            return ReplyPrompt(ids, truncated, language, form.stop_ids, form.stop)
        told, blocks = (told[1:], blocks) if told else (told, blocks[1:])  # texts take more together than alone


def _ids(form: Form, turns: Sequence[Turn], tokenizer: Tokenizer, limit: int) -> list[int]:
    """A text that is far too long is not even encoded: it gives too many ids."""
    if sum(len(turn.text) for turn in turns) > limit * MAX_CHARS:
        return [0] * (limit + 1)
    return form.render(turns, tokenizer.encode_kept)


def _question(text: str, blocks: Sequence[str]) -> Turn:
    return Turn("user", "\n\n".join([*blocks, mask_secrets(text.strip())]))


def _block(piece: Shown) -> str:
    source = mask_secrets(piece.source.strip("\n").rstrip())
    fence = "`" * max([3, *(len(ticks[0]) + 1 for ticks in _TICKS.finditer(source))])
    title = f"{mask_secrets(piece.title)}:\n\n" if piece.title else ""
    return f"{title}{fence}{fence_name(piece.language)}\n{source}\n{fence}"


def fence_name(language: str) -> str:
    """What stands behind the signs of a fence; a kernel's language may be any text."""
    return re.sub(r"[^a-z0-9+#-]", "", language.lower())


def _nearest(shown: Sequence[Shown], tokenizer: Tokenizer, room: int) -> list[str]:
    """The last pieces that fit whole, in order."""
    kept: list[str] = []
    for piece in reversed(shown):
        block = _block(piece)
        room -= MARGIN + _count(block, tokenizer, room)
        if room < 0:
            break
        kept.insert(0, block)
    return kept


def _newest(earlier: Sequence[Exchange], tokenizer: Tokenizer, room: int) -> list[tuple[Turn, Turn]]:
    """The last exchanges that fit whole, in order, each as two turns."""
    kept: list[tuple[Turn, Turn]] = []
    for exchange in reversed(earlier):
        turns = (
            _question(exchange.question, [_block(piece) for piece in exchange.shown]),
            Turn("assistant", mask_secrets(exchange.answer.strip())),
        )
        room -= sum(_count(turn.text, tokenizer, room) + 4 * MARGIN for turn in turns)
        if room < 0:
            break
        kept.insert(0, turns)
    return kept


def _count(text: str, tokenizer: Tokenizer, room: int) -> int:
    return len(tokenizer.encode_kept(text)) if len(text) <= max(0, room) * MAX_CHARS else room + 1
