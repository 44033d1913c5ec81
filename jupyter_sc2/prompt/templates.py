"""In which form instruct weights were trained to converse, by token id. Sentinels are placed as ids, never as text.

`self-align`: starcoder2-15b-instruct-v0.1 (bigcode-project/starcoder2-self-align, src/star_align/prompt_template.py).
`chatml`: starchat2-15b-v0.1 (huggingface/alignment-handbook, recipes/starchat2-15b); its vocabulary has two more ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from jupyter_sc2.errors import WeightsError
from jupyter_sc2.prompt.stop import STOP_IDS
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

TemplateName = Literal["self-align", "chatml"]
Encode = Callable[[str], Sequence[int]]

END = SPECIAL_ID["<|endoftext|>"]  # begins and ends what self-align weights saw
PREAMBLE = (
    "You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable "
    "responses to user instructions."
)
INSTRUCTION, RESPONSE = "### Instruction", "### Response"
TURN_BEGINS, TURN_ENDS = "<|im_start|>", "<|im_end|>"


class Turn(Struct, frozen=True):
    """What somebody said. self-align weights know no `system`: there its text stands before the next question."""

    role: Literal["system", "user", "assistant"]
    text: str


class Form(Struct, frozen=True):
    """A template for one vocabulary. An answer ends at one of `stop_ids`, or at a text in `stop`, which is cut."""

    stop_ids: tuple[int, ...]
    stop: tuple[str, ...]
    render: Callable[[Sequence[Turn], Encode], list[int]]


def form_of(template: TemplateName, tokenizer: Tokenizer) -> Form:
    """Raises WeightsError where the vocabulary lacks the template's sentinels."""
    if template == "self-align":
        return Form(STOP_IDS, (f"\n{INSTRUCTION}",), _self_align)
    added = tokenizer.added
    if not {TURN_BEGINS, TURN_ENDS} <= added.keys():
        message = f"{tokenizer.path} lacks {TURN_BEGINS} and {TURN_ENDS}, with which these weights converse."
        raise WeightsError("weights_corrupt", message, "Use the tokenizer.json that came with the weights.")
    begins, ends = added[TURN_BEGINS], added[TURN_ENDS]

    def render(turns: Sequence[Turn], encode: Encode) -> list[int]:
        return _chatml(turns, encode, begins, ends)

    return Form((*STOP_IDS, begins, ends), (), render)


def _self_align(turns: Sequence[Turn], encode: Encode) -> list[int]:
    """All text between two sentinels is encoded as one, as it was in training."""
    ids, text = [END], PREAMBLE
    before = ""
    for turn in turns:
        if turn.role == "system":
            before += f"{turn.text}\n\n"
        elif turn.role == "user":
            text += f"\n\n{INSTRUCTION}\n{before}{turn.text}"
            before = ""
        else:
            ids += [*encode(f"{text}\n\n{RESPONSE}\n{turn.text}"), END]
            text = ""
    return [*ids, *encode(f"{text}\n\n{RESPONSE}\n")]


def _chatml(turns: Sequence[Turn], encode: Encode, begins: int, ends: int) -> list[int]:
    ids: list[int] = []
    for turn in turns:
        ids += [begins, *encode(f"{turn.role}\n{turn.text}"), ends, *encode("\n")]
    return [*ids, begins, *encode("assistant\n")]
