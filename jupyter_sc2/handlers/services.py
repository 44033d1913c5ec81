"""What the handlers call: the engine of each role, and the stores of cell sources and conversations."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_sc2 import catalog
from jupyter_sc2.cells import CellStore
from jupyter_sc2.conversations import ConversationStore
from jupyter_sc2.messages import CompletionRequest, Role
from jupyter_sc2.supervisor import Engine, Stream, Ticket
from jupyter_sc2.tokenizer import Tokenizer

if TYPE_CHECKING:
    from jupyter_sc2.ngrams.own import OwnNotebooks

READ_SECONDS = 6.0  # a 3B on two cores then shows 600 ids; after that only what changes is read
LEAST_IDS = 256


class Served:
    """Weights by name or folder, and the engine that answers with them."""

    def __init__(self, weights: str, engine: Engine) -> None:
        self.weights, self.engine = weights, engine

    @cached_property
    def entry(self) -> catalog.Entry:
        """Read on first use. Raises WeightsError, and tries again the next time."""
        return catalog.find(self.weights)

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

    def admit(self, ticket: Ticket) -> Stream:
        """A place at the engine for weights that exist. Raises WeightsError, or as `Engine.admit` does."""
        _ = self.entry  # without weights there is nothing to wait for
        return self.engine.admit(ticket)


class Services:
    """`prompt_ids` bounds every prompt, in token ids. With `own_notebooks` what stands beside a notebook is read."""

    def __init__(
        self, served: dict[Role, Served], prompt_ids: int, conversations: ConversationStore, own_notebooks: bool
    ) -> None:
        self.served, self.prompt_ids, self.conversations = served, prompt_ids, conversations
        self.own_notebooks = own_notebooks
        self.cells = CellStore()
        self._own: OwnNotebooks | None = None
        self._lock = threading.Lock()

    @property
    def engines(self) -> list[Engine]:
        """Each engine once; two roles may share one."""
        return list(dict.fromkeys(served.engine for served in self.served.values()))

    def of(self, role: Role) -> Served:
        return self.served[role]

    def notebooks_beside(self, root: str, request: CompletionRequest) -> str:
        """The file of the table of what stands beside the request's notebook, if it is ready and of use.

        Loads numpy on first use, so it does not belong on the event loop.
        """
        served = self.of(request.role)
        if not (self.own_notebooks and served.entry.reads_notebooks and request.language == "python"):
            return ""
        with self._lock:
            if self._own is None:
                from jupyter_sc2.ngrams.own import OwnNotebooks

                self._own = OwnNotebooks(served.tokenizer)
        return self._own.of(root, request.path)

    def close(self) -> None:
        """Deletes the tables. May wait some seconds, so it does not belong on the event loop."""
        if self._own is not None:
            self._own.close()
