"""The prompt of `%%starcoder`: what the kernel ran so far, in that order, then the request."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.messages import RunCell
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.structured import Part, ReplyPrompt, build
from jupyter_sc2.tokenizer import Tokenizer


def magic_prompt(
    cells: Sequence[RunCell], request: str, tokenizer: Tokenizer, limit: int, language: str = "python"
) -> ReplyPrompt:
    """At most `limit` ids. Raises `too_large` when the request alone does not fit."""
    earlier = [Part("code" if cell.kind == "code" else "text", cell.source) for cell in cells if cell.source.strip()]
    return build(EXAMPLES, earlier, request, tokenizer, limit, language)
