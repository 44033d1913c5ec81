"""A hole's completion by the product's own path: prompt builder, worker and trimmer, greedily."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.documents import Document, source_cell
from jupyter_sc2.evaluate.gate import check_licence
from jupyter_sc2.evaluate.siblings import Siblings
from jupyter_sc2.evaluate.states import state_at
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.messages import EngineStatus, Failed, Finished, Ready, Submit, Tokens
from jupyter_sc2.ngrams.library import build as build_table
from jupyter_sc2.notebook import Limits, Policy, imported_libraries
from jupyter_sc2.prompt.ghost import Prompt, Style, Subject, build
from jupyter_sc2.prompt.trim import Trimmer
from jupyter_sc2.supervisor import Supervisor, Ticket, WorkerSettings, tables_folder
from jupyter_sc2.tokenizer import Tokenizer

PROMPT_IDS = 4096  # the server's own defaults: Sc2App.prompt_ids, and what it keeps free for a reply
REPLY_IDS = 256
MIN_PROMPT_IDS = 64
NEW_IDS = {"rest_of_line": 64, "next_line": 64, "block": 128, "cell": 128}


class Completion(Struct, frozen=True):
    """`first_ms` and `end_ms` are counted from when the prompt was begun; no `first_ms` without any text."""

    text: str
    tokens: int
    first_ms: float | None
    end_ms: float
    prompt_ids: int


class Completer:
    """One loaded weights. Use as an asynchronous context manager. Raises Sc2Error when the weights do not load.

    A document of `siblings` is asked with the others of its folder beside it.
    """

    def __init__(self, weights: str, threads: int | None = None, siblings: Sequence[Document] = ()) -> None:
        self.entry = catalog.find(weights)
        check_licence(weights)
        self.tokenizer = Tokenizer(self.entry.tokenizer_path)
        self._siblings = Siblings(siblings if self.entry.reads_notebooks else (), self.tokenizer)
        settings = WorkerSettings(
            command=(sys.executable, "-m", "jupyter_sc2.engine.worker"),
            folder=str(self.entry.folder),
            threads=threads or max(1, min(8, (os.cpu_count() or 2) // 2)),
            cache_bytes=512 << 20,
            libraries=tables_folder(),
        )
        self.supervisor = Supervisor(catalog.name_of(weights), ["ghost"], settings, self._hear)
        self._changed = asyncio.Event()
        self._seq = 0

    async def __aenter__(self) -> Completer:
        self.supervisor.start()
        try:
            while (status := self.supervisor.status()).state != "ready":
                if status.failure is not None:
                    raise Sc2Error(status.failure.code, status.failure.message, status.failure.hint)
                self._changed.clear()
                await self._changed.wait()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.supervisor.stop()
        self._siblings.close()

    async def prepare(self, documents: Iterable[Document]) -> None:
        """Builds the tables of what the documents import and of what stands beside them: all holes are asked alike."""
        if not self.entry.second_voice:
            return
        documents = list({document.name: document for document in documents}.values())
        for document in documents:
            await asyncio.to_thread(self.notebooks, document)
        for name in {name: None for document in documents for name in imported_libraries(document.cells)}:
            with suppress(OSError):  # no room, or no right to write: then there is no table
                await asyncio.to_thread(build_table, name, self.tokenizer, Path(tables_folder()))

    @property
    def ready(self) -> Ready:
        details = self.supervisor.status().details
        assert isinstance(details, Ready)
        return details

    def prompt(self, hole: Hole, policy: Policy, prompt_ids: int) -> Prompt:
        """Raises Sc2Error when the weights have no room for the reply."""
        return prompt_at(hole, self.entry, self.tokenizer, policy, prompt_ids)

    def notebooks(self, document: Document) -> str:
        """The table of what stands beside `document`, or empty."""
        return self._siblings.table(document)

    async def complete(
        self, prompt: Prompt, max_new_tokens: int, cache_key: str, begun: float, notebooks: str = ""
    ) -> Completion:
        """`begun` is a time of `time.perf_counter`. Raises Sc2Error when the engine fails."""
        self._seq += 1
        name = str(self._seq)
        stream = self.supervisor.admit(Ticket(name, "evaluate", cache_key, self._seq, "ghost"))
        stop_ids = list(prompt.stop_ids)
        looked_up = (prompt.spell, list(prompt.libraries), notebooks, list(prompt.document))
        request = Submit(
            name, prompt.ids, max_new_tokens, 0.0, 1.0, 0, stop_ids, 0, cache_key, *looked_up, speculate=False
        )
        self.supervisor.submit(stream, request)
        trimmer = Trimmer(prompt, self.tokenizer)
        text, first = "", None
        while True:
            event = await stream.next()
            if isinstance(event, Tokens):
                text += trimmer.feed(event.ids)
                if trimmer.finished and not stream.ended:
                    self.supervisor.cancel(name, "scope")
            elif isinstance(event, Failed):
                raise Sc2Error(event.code, event.message, event.hint)
            elif isinstance(event, Finished):
                if event.finish in ("stop", "length"):
                    text += trimmer.flush(complete=event.finish == "stop")
                first = first or (_since(begun) if text else None)
                return Completion(trimmer.kept(), event.usage.new_ids, first, _since(begun), len(prompt.ids))
            first = first or (_since(begun) if text else None)

    def _hear(self, status: EngineStatus) -> None:
        self._changed.set()


def prompt_at(hole: Hole, entry: catalog.Entry, tokenizer: Tokenizer, policy: Policy, prompt_ids: int) -> Prompt:
    """What the product would ask at a hole. Raises Sc2Error when the weights have no room for the reply."""
    reply = max(min(REPLY_IDS, entry.max_positions // 2), NEW_IDS[hole.task])
    room = min(prompt_ids, entry.max_positions - reply)
    if room < MIN_PROMPT_IDS:
        raise Sc2Error("too_large", f"A prompt of {room} token ids is too short; {MIN_PROMPT_IDS} are the fewest.")
    document = hole.document
    cells = list(document.cells)
    source = cells[hole.cell].source
    cells[hole.cell] = source_cell(cells[hole.cell].id, "code", source[: hole.start] + source[hole.end :])
    subject = Subject(cells, hole.cell, hole.start, document.language, state_at(hole), document.is_file)
    return build(subject, tokenizer, Limits(prompt_ids=room), Style(entry.fim_order, entry.heals), policy)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000.0
