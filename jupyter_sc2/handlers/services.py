"""What the handlers call: the engine of each role, the catalogue, and the stores of cell sources and conversations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_sc2 import catalog
from jupyter_sc2.cells import CellStore
from jupyter_sc2.conversations import ConversationStore
from jupyter_sc2.messages import MAX_PROMPT_IDS, ChooseWeights, CompletionRequest, Role
from jupyter_sc2.roles import Models
from jupyter_sc2.supervisor import Engine, Stream, Ticket
from jupyter_sc2.tokenizer import Tokenizer

if TYPE_CHECKING:
    from jupyter_sc2.ngrams.own import OwnNotebooks

READ_SECONDS = 6.0  # a 3B on two cores then shows 600 ids; after that only what changes is read
LEAST_IDS = 256


class Served:
    """Weights by name or folder, and the engine that answers with them. `context` bounds prompt and reply, in ids."""

    def __init__(self, weights: str, engine: Engine, context: int = MAX_PROMPT_IDS, adapter: str = "") -> None:
        self.weights, self.engine, self.context, self.adapter = weights, engine, context, adapter

    @cached_property
    def entry(self) -> catalog.Entry:
        """Read on first use. Raises WeightsError, and tries again the next time."""
        found = catalog.find(self.weights)
        return replace(found, max_positions=min(found.max_positions, self.context))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(self.entry.tokenizer_path)

    @property
    def readable_ids(self) -> int | None:
        """Prompt ids that ghost text may wait for when nothing of them is cached; None before the pace is known."""
        details = self.engine.status().details
        if details is None or not details.prefill_per_second:
            return None
        return max(LEAST_IDS, int(READ_SECONDS * details.prefill_per_second))

    def forget(self) -> None:
        """What was read is read anew when it is needed next."""
        for name in ("entry", "tokenizer"):
            self.__dict__.pop(name, None)

    def admit(self, ticket: Ticket) -> Stream:
        """A place at the engine for weights that exist. Raises WeightsError, or as `Engine.admit` does."""
        _ = self.entry  # without weights there is nothing to wait for
        return self.engine.admit(ticket)


class Services:
    """`prompt_ids` bounds every prompt, in token ids. With `own_notebooks` what stands beside a notebook is read.

    `fleet` tells of all engines, those among them that answer for no role (any more).
    """

    def __init__(
        self,
        models: Models,
        fleet: Callable[[], Sequence[Engine]],
        prompt_ids: int,
        conversations: ConversationStore,
        own_notebooks: bool,
    ) -> None:
        self.models, self.fleet, self.prompt_ids, self.conversations = models, fleet, prompt_ids, conversations
        self.own_notebooks = own_notebooks
        self.served: dict[Role, Served] = {}
        self.cells = CellStore()
        self._own: OwnNotebooks | None = None
        self._own_weights = ""
        self._lock = threading.Lock()

    @property
    def engines(self) -> list[Engine]:
        """Each engine once; two roles may share one."""
        return list(dict.fromkeys([*(served.engine for served in self.served.values()), *self.fleet()]))

    def of(self, role: Role) -> Served:
        """What answers for `role` now. To be asked just before a place is taken: after that it may be another."""
        return self.served[role]

    def serve(self, role: Role, choice: ChooseWeights, engine: Engine) -> None:
        """From now on `engine` answers for `role`. Requests that have their places end where they are."""
        for served in self.served.values():
            same = served.weights, served.context, served.adapter
            if served.engine is engine and same == (choice.weights, choice.context, choice.adapter):
                self.served[role] = served
                return
        self.served[role] = Served(choice.weights, engine, choice.context, choice.adapter)

    def forget(self, engine: Engine) -> None:
        """`engine` loads its weights: prompts are built for the files that are there now."""
        for served in self.served.values():
            if served.engine is engine:
                served.forget()

    def notebooks_beside(self, root: str, request: CompletionRequest, served: Served) -> str:
        """The file of the table of what stands beside the request's notebook, if it is ready and of use.

        Loads numpy on first use, so it does not belong on the event loop.
        """
        if not (self.own_notebooks and served.entry.reads_notebooks and request.language == "python"):
            return ""
        with self._lock:
            if self._own is not None and self._own_weights != served.weights:  # other weights, other ids
                self._own.close()
                self._own = None
            if self._own is None:
                from jupyter_sc2.ngrams.own import OwnNotebooks

                self._own, self._own_weights = OwnNotebooks(served.tokenizer), served.weights
            own = self._own
        return own.of(root, request.path)

    def close(self) -> None:
        """Deletes the tables. May wait some seconds, so it does not belong on the event loop."""
        if self._own is not None:
            self._own.close()
