"""An answer to a request in words by the product's own path: prompt builder, worker and reply, greedily."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.completer import MIN_PROMPT_IDS, PROMPT_IDS, Completer
from jupyter_sc2.evaluate.in_words.request import Request
from jupyter_sc2.messages import Failed, Finished, RunCell, Snapshot, Submit, Tokens
from jupyter_sc2.prompt.examples import examples_for
from jupyter_sc2.prompt.magic import magic_prompt
from jupyter_sc2.prompt.reply import CodeReply
from jupyter_sc2.prompt.structured import ReplyPrompt
from jupyter_sc2.supervisor import Ticket

NEW_IDS = 256  # the magic's own default
PRIORITY = 1


class Writer(Completer):
    """One loaded weights. Use as an asynchronous context manager. Raises Sc2Error when the weights do not load."""

    async def __aenter__(self) -> Writer:
        await super().__aenter__()
        return self

    def prompt_for(self, request: Request, snapshot: dict[str, Any]) -> ReplyPrompt:
        """What the magic would ask after the request's notebook. Raises Sc2Error when there is no room for it."""
        room = min(PROMPT_IDS, self.entry.max_positions - NEW_IDS)
        if room < MIN_PROMPT_IDS:
            raise Sc2Error("too_large", f"These weights leave {room} token ids for a prompt: too few.")
        cells = [RunCell("code", cell.strip()) for cell in request.cells]
        known = msgspec.convert(snapshot, Snapshot)
        return magic_prompt(
            cells, request.words, self.tokenizer, room, snapshot=known, examples=examples_for(self.entry.answers)
        )

    async def write(self, request: Request, snapshot: dict[str, Any]) -> str:
        """The code that would come into the new cell. Raises Sc2Error when the engine fails."""
        prompt = self.prompt_for(request, snapshot)
        self._seq += 1
        name = str(self._seq)
        stream = self.supervisor.admit(Ticket(name, "evaluate", request.name, self._seq, "magic"))
        stop_ids = list(prompt.stop_ids)
        options = 0.0, 1.0, 0, stop_ids, PRIORITY, request.name
        self.supervisor.submit(stream, Submit(name, prompt.ids, NEW_IDS, *options, speculate=False))
        reply = CodeReply(self.tokenizer)
        while True:
            event = await stream.next()
            if isinstance(event, Tokens):
                reply.feed(event.ids)
                if reply.finished and not stream.ended:
                    self.supervisor.cancel(name, "scope")
            elif isinstance(event, Failed):
                raise Sc2Error(event.code, event.message, event.hint)
            elif isinstance(event, Finished):
                return reply.kept(event.finish == "stop")
