"""`POST /sc2/complete`: text at the cursor, as server-sent events."""

from __future__ import annotations

import asyncio

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers import ghost
from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.modules import root_of
from jupyter_sc2.handlers.provenance import provenance
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.handlers.sse import EventWriter
from jupyter_sc2.handlers.stream import StreamHandler, seed_of
from jupyter_sc2.messages import CompletionRequest, Done, Usage
from jupyter_sc2.prompt.trim import Trimmer
from jupyter_sc2.supervisor import Stream, Ticket


class CompleteHandler(StreamHandler):
    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(CompletionRequest)
        if request.role != "ghost":
            raise Sc2Error(
                "bad_value", f"`role` must be ghost here; {request.role} has a route of its own.", status=422
            )
        ghost.check_kind(self.services.of(request.role).entry)
        known = self.services.cells.resolve(request.client_id, request.cells, request.state, request.beside)
        where = ghost.place(request, known.cells, known.state, known.beside)
        events = EventWriter(self)
        if not where.is_completable(warms=request.options.max_new_tokens == 0):
            await events.send(Done("stop", Usage(0, 0, 0)))
            return

        async def write(served: Served, stream: Stream, events: EventWriter) -> None:
            if stream.ended:  # a newer request of this editor came first
                await events.send(Done("superseded", stream.usage))
                return
            prompt_ids, root = self.services.prompt_ids, root_of(self.contents_manager)
            prompt = await asyncio.to_thread(ghost.build_prompt, request, where, served, prompt_ids, root)
            notebooks = await asyncio.to_thread(self.services.notebooks_beside, root, request, served)
            submitted = ghost.submission(request, prompt, seed_of(request.options), notebooks)
            served.engine.submit(stream, submitted)
            trimmer = Trimmer(prompt, served.tokenizer)
            last = await self.relay(stream, trimmer, events)
            made_by = provenance(request.options, submitted, served)
            kept = await asyncio.to_thread(trimmer.kept)  # parses, at worst for a while
            await events.send(Done(last.finish, last.usage, made_by, prompt.truncated, kept))

        ticket = Ticket(request.request_id, request.client_id, request.editor_id, request.seq, request.role)
        await self.answer(self.services.of(request.role), ticket, events, write)
