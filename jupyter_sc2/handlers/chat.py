"""`POST /sc2/chat`: the next reply of a conversation, as server-sent events. Question and reply are kept on disk."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime, timezone
from typing import Any, Literal

import msgspec
from tornado.iostream import StreamClosedError

from jupyter_sc2.conversations import Stale
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.provenance import provenance
from jupyter_sc2.handlers.reply import prompt_room, submission
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.handlers.sse import ClientTooSlow, EventWriter
from jupyter_sc2.handlers.stream import StreamHandler, seed_of
from jupyter_sc2.messages import ChatRequest, Finished, Message, ReplyDone
from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.prompt.answer import MarkdownReply
from jupyter_sc2.prompt.chat import chat_prompt, instruct_chat_prompt
from jupyter_sc2.prompt.examples import examples_for
from jupyter_sc2.prompt.reply import CodeReply, FencedReply
from jupyter_sc2.prompt.structured import ReplyPrompt
from jupyter_sc2.supervisor import Stream, Ticket


class ChatHandler(StreamHandler):
    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(ChatRequest)
        said = await self.services.conversations.get(request.conversation_id)
        if said.revision != request.revision:
            raise Stale(said.revision)
        served = self.services.of("chat")
        limit = prompt_room(served, request.options, self.services.prompt_ids)

        async def write(served: Served, stream: Stream, events: EventWriter) -> None:
            if stream.ended:  # a newer request of this page came first
                await events.send(ReplyDone("superseded", stream.usage, revision=said.revision))
                return
            prompt = await asyncio.to_thread(_prompt, served, said.messages, request, limit)
            question = await asyncio.to_thread(_question, request)
            await self.services.conversations.append(said.id, question, request.revision)
            options = request.options
            submitted = submission(request.request_id, "chat", prompt, options, seed_of(options), said.id)
            served.engine.submit(stream, submitted)
            reply = _reply(served, request.language, prompt)
            last, error = await self._until_it_ends(stream, reply, events)
            answer = _message(
                "assistant",
                reply.kept,
                **_ending(last, error),
                truncated=prompt.truncated,
                in_reply_to=question.id,
                provenance=provenance(options, submitted, served),
            )
            kept, unsaved = await self.services.conversations.append(said.id, answer)
            if error is not None:
                raise error
            finish, made_by = last.finish if last else "cancelled", answer.provenance
            done = ReplyDone(finish, stream.usage, made_by, prompt.truncated, answer.text, kept.revision, unsaved)
            await events.send(done)

        ticket = Ticket(request.request_id, request.client_id, request.conversation_id, request.seq, "chat")
        await self.answer(served, ticket, EventWriter(self), write)

    async def _until_it_ends(
        self, stream: Stream, reply: FencedReply | MarkdownReply, events: EventWriter
    ) -> tuple[Finished | None, Exception | None]:
        """How it ended, or what went wrong; either way there may be text worth keeping."""
        try:
            return await self.relay(stream, reply, events), None
        except Exception as error:
            self.cancel()
            return None, error


def _prompt(served: Served, said: list[Message], request: ChatRequest, limit: int) -> ReplyPrompt:
    """In the form that the weights were trained on. Tokenises, so it does not belong on the event loop."""
    entry = served.entry
    asked = said, request.context, request.message, served.tokenizer, limit, request.language
    if entry.template:
        return instruct_chat_prompt(entry.template, *asked)
    return chat_prompt(*asked, examples_for(entry.answers))


def _reply(served: Served, language: str, prompt: ReplyPrompt) -> FencedReply | MarkdownReply:
    """Instruct weights write Markdown themselves; what base weights write is code."""
    if served.entry.template:
        return MarkdownReply(served.tokenizer, prompt.stop)
    return FencedReply(CodeReply(served.tokenizer, language))


def _question(request: ChatRequest) -> Message:
    """As it is kept: without the secrets that the prompt does not have either."""
    context = [msgspec.structs.replace(piece, source=mask_secrets(piece.source)) for piece in request.context]
    return _message("user", mask_secrets(request.message), context=context)


def _message(role: Literal["user", "assistant"], text: str, **fields: Any) -> Message:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Message(id=str(uuid.uuid4()), role=role, text=text, time=now, **fields)


def _ending(last: Finished | None, error: Exception | None) -> dict[str, Any]:
    """How a reply ended, as it is kept. A page that went away is no trouble of the reply's."""
    if error is None or isinstance(error, StreamClosedError | ClientTooSlow):
        return {"finish": last.finish if last else "cancelled"}
    return {"finish": "error", "error": _sentence(error)}


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, Sc2Error) else "Something went wrong in jupyter-sc2."
