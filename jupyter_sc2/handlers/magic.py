"""`POST /sc2/magic`: code for a request in words, as server-sent events."""

from __future__ import annotations

import asyncio

from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.provenance import provenance
from jupyter_sc2.handlers.reply import prompt_room, submission
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.handlers.sse import EventWriter
from jupyter_sc2.handlers.stream import StreamHandler, seed_of
from jupyter_sc2.messages import MagicRequest, ReplyDone, ShownPrompt
from jupyter_sc2.prompt.answer import BlockReply
from jupyter_sc2.prompt.examples import examples_for
from jupyter_sc2.prompt.magic import instruct_magic_prompt, magic_prompt
from jupyter_sc2.prompt.reply import CodeReply
from jupyter_sc2.prompt.structured import ReplyPrompt
from jupyter_sc2.supervisor import Stream, Ticket


class MagicHandler(StreamHandler):
    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(MagicRequest)
        options = request.options
        served = self.services.of("magic")
        limit = prompt_room(served, options, self.services.prompt_ids)

        async def write(served: Served, stream: Stream, events: EventWriter) -> None:
            if stream.ended:  # a newer request of this editor came first
                await events.send(ReplyDone("superseded", stream.usage))
                return
            prompt = await asyncio.to_thread(_prompt, served, request, limit)
            if request.show_prompt:
                await events.send(ShownPrompt(served.tokenizer.decode(prompt.ids), len(prompt.ids)))
            editor = f"{request.client_id}/{request.editor_id}"
            submitted = submission(request.request_id, "magic", prompt, options, seed_of(options), editor)
            served.engine.submit(stream, submitted)
            reply = _reply(served, request.language, prompt)
            last = await self.relay(stream, reply, events)
            made_by = provenance(options, submitted, served)
            text = await asyncio.to_thread(reply.kept, last.finish == "stop")  # parses, at worst for a while
            await events.send(ReplyDone(last.finish, last.usage, made_by, prompt.truncated, text))

        ticket = Ticket(request.request_id, request.client_id, request.editor_id, request.seq, "magic")
        await self.answer(served, ticket, EventWriter(self), write)


def _prompt(served: Served, request: MagicRequest, limit: int) -> ReplyPrompt:
    """In the form that the weights were trained on. Tokenises, so it does not belong on the event loop."""
    entry = served.entry
    asked = request.cells, request.request, served.tokenizer, limit, request.language, request.snapshot
    if entry.template:
        return instruct_magic_prompt(entry.template, *asked)
    return magic_prompt(*asked, examples_for(entry.answers))


def _reply(served: Served, language: str, prompt: ReplyPrompt) -> CodeReply | BlockReply:
    """Instruct weights write Markdown with code in it; base weights nothing but code."""
    if served.entry.template:
        return BlockReply(served.tokenizer, language, prompt.stop)
    return CodeReply(served.tokenizer, language)
