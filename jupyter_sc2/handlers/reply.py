"""What the magic and the chat share: a whole answer in code, from its prompt to its last event."""

from __future__ import annotations

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.messages import ReplyOptions, Role, Submit
from jupyter_sc2.prompt.structured import ReplyPrompt

MIN_PROMPT_IDS = 64
PRIORITY: dict[Role, int] = {"ghost": 0, "magic": 1, "chat": 2}


def prompt_room(served: Served, options: ReplyOptions, prompt_ids: int) -> int:
    """Token ids for the prompt. Raises `too_large` when the answer would leave no room for one."""
    positions = served.entry.max_positions
    room = min(prompt_ids, positions - options.max_new_tokens)
    if room < MIN_PROMPT_IDS:
        most = max(1, positions - MIN_PROMPT_IDS)
        raise Sc2Error("too_large", f"`max_new_tokens` must be 1 to {most} with these weights.", status=422)
    return room


def submission(
    request_id: str, role: Role, prompt: ReplyPrompt, options: ReplyOptions, seed: int, cache_key: str
) -> Submit:
    return Submit(
        request_id=request_id,
        ids=prompt.ids,
        max_new_tokens=options.max_new_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=seed,
        stop_ids=list(prompt.stop_ids),
        priority=PRIORITY[role],
        cache_key=cache_key,
        fresh=options.seed is not None and options.temperature > 0,
        stop=list(prompt.stop),
    )
