"""From a program's list of messages to ids, as the weights expect a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from jupyter_sc2.catalog import Entry
from jupyter_sc2.errors import Sc2Error, WeightsError
from jupyter_sc2.handlers.openai.errors import BadRequest
from jupyter_sc2.handlers.openai.run import Asked
from jupyter_sc2.handlers.reply import MIN_PROMPT_IDS
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.messages import MAX_NEW_TOKENS, Message, Piece
from jupyter_sc2.messages.openai import OpenAIChatRequest, OpenAIMessage
from jupyter_sc2.prompt.chat import chat_prompt
from jupyter_sc2.prompt.examples import examples_for
from jupyter_sc2.prompt.instruct import Exchange, instruct_prompt
from jupyter_sc2.prompt.structured import ReplyPrompt
from jupyter_sc2.tokenizer import Tokenizer

LANGUAGE = "python"
SYSTEM = ("system", "developer")


class Turns(Struct, frozen=True):
    """A conversation: what the system says, what was said before, and the question."""

    system: str
    before: list[Message]
    question: str


def said(messages: Sequence[OpenAIMessage]) -> Turns:
    """Raises BadRequest. What the user says in several messages at the end is one question."""
    texts = [_text(message, index) for index, message in enumerate(messages)]
    system = "\n\n".join(text for text, message in zip(texts, messages, strict=True) if message.role in SYSTEM)
    spoken = [(message.role, text) for text, message in zip(texts, messages, strict=True) if message.role not in SYSTEM]
    before, question = list(spoken), list[str]()
    while before and before[-1][0] == "user":
        question.insert(0, before.pop()[1])
    if not "".join(question).strip():
        raise BadRequest("`messages` must end with what the user says.", "messages")
    earlier = [
        Message(str(index), "user" if role == "user" else "assistant", text, "")
        for index, (role, text) in enumerate(before)
    ]
    return Turns(system, earlier, "\n\n".join(question))


def asked(request: OpenAIChatRequest, turns: Turns, served: Served, prompt_ids: int) -> list[Asked]:
    """Encodes, so it does not belong on the event loop. Raises Sc2Error."""
    entry, tokenizer = served.entry, served.tokenizer
    _ = tokenizer.spelling  # made once, in this thread
    wanted = request.max_completion_tokens if request.max_completion_tokens is not None else request.max_tokens
    most = MAX_NEW_TOKENS if wanted is None else min(wanted, MAX_NEW_TOKENS)
    limit = max(MIN_PROMPT_IDS, min(prompt_ids, entry.max_positions - most))
    try:
        prompt = _prompt(turns, entry, tokenizer, limit)
    except WeightsError:
        raise
    except Sc2Error as error:
        raise BadRequest(error.message, "messages", "context_length_exceeded") from None
    room = max(0, min(most, entry.max_positions - len(prompt.ids)))
    fence = "" if entry.template else LANGUAGE
    return [Asked(prompt.ids, room, fence=fence, stop_ids=prompt.stop_ids, stop=prompt.stop)]


def _prompt(turns: Turns, entry: Entry, tokenizer: Tokenizer, limit: int) -> ReplyPrompt:
    """Instruct weights get their template; to base weights the system speaks just before the question."""
    if entry.template:
        earlier = [
            Exchange(question.text, answer=reply.text)
            for question, reply in zip(turns.before, turns.before[1:], strict=False)
            if (question.role, reply.role) == ("user", "assistant")
        ]
        asked = Exchange(turns.question)
        return instruct_prompt(entry.template, earlier, asked, tokenizer, limit, LANGUAGE, turns.system.strip())
    context = [Piece("markdown", "", turns.system)] if turns.system.strip() else []
    examples = examples_for(entry.answers)
    return chat_prompt(turns.before, context, turns.question, tokenizer, limit, LANGUAGE, examples)


def _text(message: OpenAIMessage, index: int) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    if any(part.type != "text" or part.text is None for part in message.content):
        field = f"messages[{index}].content"
        raise BadRequest(f"`{field}` may hold text only.", field)
    return "".join(part.text or "" for part in message.content)
