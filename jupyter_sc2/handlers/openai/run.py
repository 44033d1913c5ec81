"""The prompts of one request at the engine, each with a place of its own, and what their choices write."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from itertools import count

from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.openai.choose import Chosen
from jupyter_sc2.handlers.stream import STATUS_OF_FAILURE
from jupyter_sc2.messages import Failed, Finished, Submit, Tokens
from jupyter_sc2.messages.openai import FinishReason, OpenAICached, OpenAISampling, OpenAIUsage
from jupyter_sc2.prompt.plain import Fenced, Piece, PlainText
from jupyter_sc2.prompt.reply import FENCE
from jupyter_sc2.prompt.stop import STOP_IDS
from jupyter_sc2.supervisor import EngineEvent, Stream, Ticket

PRIORITY = 2  # as the chat
CACHES = 4  # of the last such requests are kept: any of them helps the next, and ghost text keeps its own
LEAST_TOP_P = 1e-6  # 0 is allowed here, and means the likeliest

Reader = PlainText | Fenced
_turns = count()


class Asked(Struct, frozen=True):
    """A prompt by id, with at most `new_ids` to come after `spell`, which was typed and is left out of `ids`."""

    ids: list[int]
    new_ids: int
    spell: str = ""
    spell_ids: int = 0  # at most, for `spell`
    echo: str = ""  # what each choice begins with
    fence: str = ""  # the language of an answer that is code, and is told as Markdown
    stop_ids: tuple[int, ...] = STOP_IDS
    stop: tuple[str, ...] = ()  # texts that end an answer beside those that the request names


class Part(Struct, frozen=True):
    """What choice `index` goes on with; with its `finish` it is the last."""

    index: int
    piece: Piece
    finish: FinishReason | None = None


class Run:
    """Takes places at once; `name` is that of the request, for whoever wants to cancel it."""

    def __init__(self, chosen: Chosen, name: str, prompts: int) -> None:
        self.chosen, self.name = chosen, name
        self.streams: list[Stream] = []
        self._readers: list[Reader] = []
        self._echoes: list[str] = []
        self._ended: dict[int, Finished] = {}
        try:
            for number in range(prompts):
                request_id = f"{name}-{number}" if number else name
                self.streams.append(chosen.served.admit(Ticket(request_id, "openai", request_id, 0, chosen.role)))
        except Sc2Error:
            self.cancel()
            raise

    @property
    def choices(self) -> int:
        """Of all prompts together."""
        return len(self._readers)

    @property
    def fingerprint(self) -> str | None:
        """Which bytes answer, in which precision; None before they are loaded."""
        details = self.chosen.served.engine.status().details
        if details is None:
            return None
        sums = [each[:12] for each in (details.weights_sha256, details.adapter_sha256) if each]
        return "_".join(["fp", *sums, details.precision])

    @property
    def usage(self) -> OpenAIUsage:
        """Ids that spelled what was typed count as the prompt's, as its others do once for all choices."""
        spelled = [reader.spelling_ids for reader in self._readers]
        choices = self.choices // len(self.streams)
        usages = [ended.usage for ended in self._ended.values()]
        once = sum(max(spelled[first : first + choices]) for first in range(0, len(spelled), choices))
        prompt = sum(usage.prompt_ids for usage in usages) + once
        new = sum(usage.new_ids for usage in usages) - sum(spelled)
        cached = sum(usage.prompt_ids - usage.recomputed_ids for usage in usages)
        return OpenAIUsage(prompt, new, prompt + new, OpenAICached(cached))

    def cancel(self) -> None:
        """Ends what still runs."""
        for stream in self.streams:
            if not stream.ended:
                self.chosen.served.engine.cancel(stream.ticket.request_id)

    def submit(self, prompts: Sequence[Asked], sampling: OpenAISampling, logprobs: int | None) -> None:
        served, choices = self.chosen.served, sampling.n or 1
        temperature = 1.0 if sampling.temperature is None else sampling.temperature
        seed = secrets.randbits(32) if sampling.seed is None else sampling.seed % 2**63
        for stream, asked in zip(self.streams, prompts, strict=True):
            stops = [*sampling.stops, *asked.stop, *([FENCE] if asked.fence else [])]
            submitted = Submit(
                request_id=stream.ticket.request_id,
                ids=asked.ids,
                max_new_tokens=asked.new_ids + asked.spell_ids,
                temperature=temperature,
                top_p=1.0 if sampling.top_p is None else max(sampling.top_p, LEAST_TOP_P),
                seed=seed,
                stop_ids=list(asked.stop_ids),
                priority=PRIORITY,
                cache_key=f"openai/{next(_turns) % CACHES}",
                spell=asked.spell,
                fresh=sampling.seed is not None and temperature > 0,
                stop=stops,
                logprobs=logprobs,
                candidates=choices,
                frequency_penalty=sampling.frequency_penalty or 0.0,
                presence_penalty=sampling.presence_penalty or 0.0,
            )
            self._echoes += [asked.echo] * choices
            for _ in range(choices):
                plain = PlainText(served.tokenizer, stops, asked.new_ids, asked.spell)
                self._readers.append(Fenced(plain, asked.fence) if asked.fence else plain)
            served.engine.submit(stream, submitted)

    async def parts(self, patience: float) -> AsyncGenerator[Part | None, None]:
        """What all choices write, as it comes; None after each `patience` seconds of silence. Raises Sc2Error."""
        choices = self.choices // len(self.streams)
        for index, echo in enumerate(self._echoes):
            if echo:
                yield Part(index, Piece(echo))
        async with aclosing(_events(self.streams, patience)) as events:
            async for number, event in events:
                first = number * choices
                match event:
                    case None:
                        yield None
                    case Tokens(ids=ids, candidate=candidate, logprobs=logprobs):
                        piece = self._readers[first + candidate].feed(ids, logprobs)
                        if piece.text:
                            yield Part(first + candidate, piece)
                    case Failed(code=code, message=message, hint=hint):
                        raise Sc2Error(code, message, hint, status=STATUS_OF_FAILURE.get(code, 503))
                    case Finished():
                        self._ended[number] = event
                        for candidate in range(choices):
                            yield self._last(event, candidate, first + candidate)

    def _last(self, event: Finished, candidate: int, index: int) -> Part:
        reader = self._readers[index]
        finish = event.candidates[candidate] if event.candidates else event.finish
        cut = reader.full or finish in ("length", "warmed")
        return Part(index, reader.flush(), "length" if cut and not reader.stopped else "stop")


async def _events(streams: Sequence[Stream], patience: float) -> AsyncGenerator[tuple[int, EngineEvent | None], None]:
    """The events of all streams, each with its stream's number. None after so many seconds without one."""
    waiting = {asyncio.ensure_future(stream.next()): number for number, stream in enumerate(streams)}
    try:
        while waiting:
            done, _ = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                yield -1, None
            for task in done:
                number, event = waiting.pop(task), task.result()
                if not isinstance(event, Finished | Failed):
                    waiting[asyncio.ensure_future(streams[number].next())] = number
                yield number, event
    finally:
        for task in waiting:
            task.cancel()
