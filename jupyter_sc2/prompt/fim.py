"""Fill-in-the-middle prompts. Source of the layouts: https://arxiv.org/abs/2402.19173, section 5."""

from __future__ import annotations

from jupyter_sc2.tokenizer import SPECIAL_ID

FILE_SEP, PREFIX, MIDDLE, SUFFIX = (
    SPECIAL_ID[token] for token in ("<file_sep>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>")
)


def prefix_suffix_middle(prefix: list[int], suffix: list[int]) -> list[int]:
    """The order of BigCode's checkpoints: ids of the text before and after the cursor, then the middle to come."""
    return [FILE_SEP, PREFIX, *prefix, SUFFIX, *suffix, MIDDLE]


def suffix_prefix_middle(prefix: list[int], suffix: list[int]) -> list[int]:
    """The prefix stands last, beside what is generated: a typed key changes only the prompt's end."""
    return [FILE_SEP, PREFIX, SUFFIX, *suffix, MIDDLE, *prefix]


ORDERS = {"psm": prefix_suffix_middle, "spm": suffix_prefix_middle}
