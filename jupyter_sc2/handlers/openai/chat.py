"""`POST /sc2/v1/chat/completions`: the next message of a conversation that the program keeps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import UnsetType

from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.openai.choose import choose
from jupyter_sc2.handlers.openai.generate import GeneratingHandler
from jupyter_sc2.handlers.openai.logprobs import chat_logprobs
from jupyter_sc2.handlers.openai.refuse import refuse_chat
from jupyter_sc2.handlers.openai.run import Part, Run
from jupyter_sc2.handlers.openai.turns import asked, said
from jupyter_sc2.messages.openai import (
    OpenAIChatChoice,
    OpenAIChatChunk,
    OpenAIChatCompletion,
    OpenAIChatLogprobs,
    OpenAIChatRequest,
    OpenAIDelta,
    OpenAIDeltaChoice,
    OpenAIReply,
    OpenAIUsage,
)


class ChatCompletionsHandler(GeneratingHandler):
    prefix = "chatcmpl"

    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(OpenAIChatRequest)
        refuse_chat(request)
        turns = said(request.messages)
        chosen = choose(self.services, request.model, "chat")
        self._begun: set[int] = set()
        build = partial(asked, request, turns, chosen.served, self.services.prompt_ids)
        await self.answer(chosen, request, 1, request.top_logprobs or 0 if request.logprobs else None, build)

    def piece(self, run: Run, parts: Sequence[Part], usage: OpenAIUsage | UnsetType | None) -> OpenAIChatChunk:
        choices = [self._delta(run, part) for part in parts]
        return OpenAIChatChunk(object="chat.completion.chunk", choices=choices, usage=usage, **self.heading(run))

    def whole(self, run: Run, parts: Sequence[Sequence[Part]]) -> OpenAIChatCompletion:
        choices = [self._choice(run, index, own) for index, own in enumerate(parts)]
        return OpenAIChatCompletion(object="chat.completion", choices=choices, usage=run.usage, **self.heading(run))

    def _delta(self, run: Run, part: Part) -> OpenAIDeltaChoice:
        """A choice's first piece says whose message it is."""
        text, chances = part.piece.text, self._chances(run, [part])
        begins = part.index not in self._begun
        self._begun.add(part.index)
        delta = OpenAIDelta("assistant", text) if begins else OpenAIDelta(content=text) if text else OpenAIDelta()
        return OpenAIDeltaChoice(part.index, delta, chances, part.finish)

    def _choice(self, run: Run, index: int, parts: Sequence[Part]) -> OpenAIChatChoice:
        text = "".join(part.piece.text for part in parts)
        return OpenAIChatChoice(index, OpenAIReply(text), self._chances(run, parts), parts[-1].finish or "stop")

    def _chances(self, run: Run, parts: Sequence[Part]) -> OpenAIChatLogprobs | None:
        tokens = [token for part in parts for token in part.piece.tokens]
        return chat_logprobs(tokens, run.chosen.served.tokenizer) if self._logprobs else None
