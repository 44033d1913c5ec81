"""From the prompts of a completion request to ids. Token ids are taken as they are; a text begins a file."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.catalog import Entry
from jupyter_sc2.handlers.openai.errors import BadRequest, too_long
from jupyter_sc2.handlers.openai.run import Asked
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.messages import MAX_NEW_TOKENS
from jupyter_sc2.messages.openai import DEFAULT_COMPLETION_IDS, MAX_PROMPTS, OpenAICompletionRequest
from jupyter_sc2.prompt import fim
from jupyter_sc2.prompt.heal import split_last_piece
from jupyter_sc2.tokenizer import Tokenizer

Prompt = str | list[int]


def prompts_of(request: OpenAICompletionRequest) -> list[Prompt]:
    """One prompt for each text or list of ids. Raises BadRequest."""
    given = request.prompt
    if isinstance(given, str):
        return [given]
    if not given:
        raise BadRequest("`prompt` is an empty list.", "prompt")
    ids = [item for item in given if isinstance(item, int)]
    if len(ids) == len(given):
        return [ids]
    texts = [item for item in given if isinstance(item, str)]
    lists = [item for item in given if isinstance(item, list)]
    if len(texts) != len(given) and len(lists) != len(given):
        raise BadRequest("`prompt` must be a text, token ids, or a list of one or the other.", "prompt")
    if len(given) > MAX_PROMPTS:
        raise BadRequest(f"`prompt` must be a list of at most {MAX_PROMPTS} prompts.", "prompt")
    if not all(lists):
        raise BadRequest("`prompt` holds an empty list of token ids.", "prompt")
    return [*texts, *lists]


def asked(request: OpenAICompletionRequest, prompts: Sequence[Prompt], served: Served, prompt_ids: int) -> list[Asked]:
    """Encodes, so it does not belong on the event loop. Raises BadRequest."""
    entry, tokenizer = served.entry, served.tokenizer
    _ = tokenizer.spelling  # made once, in this thread
    limit = min(prompt_ids, entry.max_positions - 1)
    return [_asked(request, prompt, entry, tokenizer, limit) for prompt in prompts]


def _asked(request: OpenAICompletionRequest, prompt: Prompt, entry: Entry, tokenizer: Tokenizer, limit: int) -> Asked:
    text, spell = ("", "") if isinstance(prompt, list) else (prompt, "")
    if text and entry.heals and request.logprobs is None and request.max_tokens != 0:
        text, spell = split_last_piece(text)
    if isinstance(prompt, list):
        if max(prompt) >= tokenizer.vocab_size:
            raise BadRequest(f"`prompt` holds token ids above {tokenizer.vocab_size - 1}.", "prompt")
        before = prompt
    else:
        before = tokenizer.encode(text)
    if request.suffix and entry.kind != "base":
        message = f"{entry.name} was trained to converse: nothing can be filled in between."
        raise BadRequest(message, "suffix", "wrong_kind")
    ids = _between(before, request.suffix, entry, tokenizer, text=isinstance(prompt, str))
    if len(ids) > limit:
        raise too_long(len(ids), limit, "prompt")
    spell_ids = len(tokenizer.encode(spell)) if spell else 0
    wanted = DEFAULT_COMPLETION_IDS if request.max_tokens is None else request.max_tokens
    room = min(wanted, MAX_NEW_TOKENS, entry.max_positions - len(ids) - spell_ids)
    echo = prompt if isinstance(prompt, str) else tokenizer.decode(prompt)
    return Asked(ids, max(0, room), spell, spell_ids, echo if request.echo else "")


def _between(before: list[int], suffix: str | None, entry: Entry, tokenizer: Tokenizer, *, text: bool) -> list[int]:
    """Ids of what stands before and after the text that is wanted, in the order that the weights learned."""
    if suffix:
        return fim.ORDERS[entry.fim_order](before, tokenizer.encode(suffix))
    return [fim.FILE_SEP, *before] if text else before
