"""`POST /sc2/v1/completions`: what follows a text, or stands between two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import UnsetType

from jupyter_sc2.handlers.base import allowed_to
from jupyter_sc2.handlers.openai.choose import choose
from jupyter_sc2.handlers.openai.generate import GeneratingHandler
from jupyter_sc2.handlers.openai.logprobs import text_logprobs
from jupyter_sc2.handlers.openai.prompts import asked, prompts_of
from jupyter_sc2.handlers.openai.refuse import refuse_completion
from jupyter_sc2.handlers.openai.run import Part, Run
from jupyter_sc2.messages.openai import OpenAICompletion, OpenAICompletionRequest, OpenAITextChoice, OpenAIUsage


class CompletionsHandler(GeneratingHandler):
    prefix = "cmpl"

    @allowed_to("execute")
    async def post(self) -> None:
        request = self.parse_body(OpenAICompletionRequest)
        refuse_completion(request)
        chosen, prompts = choose(self.services, request.model, "ghost"), prompts_of(request)
        build = partial(asked, request, prompts, chosen.served, self.services.prompt_ids)
        await self.answer(chosen, request, len(prompts), request.logprobs, build)

    def piece(self, run: Run, parts: Sequence[Part], usage: OpenAIUsage | UnsetType | None) -> OpenAICompletion:
        choices = [self._choice(run, part.index, [part]) for part in parts]
        return OpenAICompletion(object="text_completion", choices=choices, usage=usage, **self.heading(run))

    def whole(self, run: Run, parts: Sequence[Sequence[Part]]) -> OpenAICompletion:
        choices = [self._choice(run, index, own) for index, own in enumerate(parts)]
        return OpenAICompletion(object="text_completion", choices=choices, usage=run.usage, **self.heading(run))

    def _choice(self, run: Run, index: int, parts: Sequence[Part]) -> OpenAITextChoice:
        text = "".join(part.piece.text for part in parts)
        tokens = [token for part in parts for token in part.piece.tokens]
        logprobs = text_logprobs(tokens, run.chosen.served.tokenizer) if self._logprobs else None
        return OpenAITextChoice(index, text, logprobs, parts[-1].finish)
