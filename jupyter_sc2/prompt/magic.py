"""The prompt of `%%starcoder`: what the kernel ran so far, in that order, then the request."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.messages import RunCell, Snapshot
from jupyter_sc2.notebook import names_of
from jupyter_sc2.prompt.context import KERNEL_IDS, KERNEL_SHARE
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.instruct import Exchange, Shown, fence_name, instruct_prompt
from jupyter_sc2.prompt.kernel import kernel_block
from jupyter_sc2.prompt.structured import Part, ReplyPrompt, build
from jupyter_sc2.prompt.templates import TemplateName
from jupyter_sc2.tokenizer import Tokenizer


def magic_prompt(
    cells: Sequence[RunCell],
    request: str,
    tokenizer: Tokenizer,
    limit: int,
    language: str = "python",
    snapshot: Snapshot | None = None,
    examples: Sequence[Part] = EXAMPLES,
) -> ReplyPrompt:
    """At most `limit` ids. Weights that learned to answer need no `examples`.

    Raises `too_large` when the request alone does not fit.
    """
    earlier = [Part("code" if cell.kind == "code" else "text", cell.source) for cell in cells if cell.source.strip()]
    known = _known(snapshot, cells, request, tokenizer, limit // KERNEL_SHARE) if snapshot else ""
    return build(examples, earlier, request, tokenizer, limit, language, known)


def instruct_magic_prompt(
    template: TemplateName,
    cells: Sequence[RunCell],
    request: str,
    tokenizer: Tokenizer,
    limit: int,
    language: str = "python",
    snapshot: Snapshot | None = None,
) -> ReplyPrompt:
    """As `magic_prompt`, in the form that instruct weights were trained on: the code is to come in a fenced block."""
    shown = [
        Shown("", language if cell.kind == "code" else cell.kind, cell.source) for cell in cells if cell.source.strip()
    ]
    known = _known(snapshot, cells, request, tokenizer, limit // KERNEL_SHARE) if snapshot else ""
    if known:  # nearest to the request, as what gives way last
        shown.append(Shown("Names in the kernel", language, known))
    form = f"Answer with the code of the notebook's next cell, in one block ```{fence_name(language)}."
    asked = Exchange(f"{request.strip()}\n\n{form}", tuple(shown))
    return instruct_prompt(template, (), asked, tokenizer, limit, language)


def _known(snapshot: Snapshot, cells: Sequence[RunCell], request: str, tokenizer: Tokenizer, room: int) -> str:
    """The kernel's names, those first that the request mentions."""
    seen: frozenset[str] = frozenset().union(*(names_of(cell.source).uses for cell in cells))
    wanted = names_of(request).uses
    return kernel_block(snapshot.variables, wanted, seen, tokenizer.encode_kept, min(room, KERNEL_IDS))
