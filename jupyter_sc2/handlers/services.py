"""What the handlers call: the engine of each role, and the stores of cell sources and conversations."""

from __future__ import annotations

from functools import cached_property

from jupyter_sc2 import catalog
from jupyter_sc2.cells import CellStore
from jupyter_sc2.conversations import ConversationStore
from jupyter_sc2.messages import Role
from jupyter_sc2.supervisor import Engine, Stream, Ticket
from jupyter_sc2.tokenizer import Tokenizer


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

    def admit(self, ticket: Ticket) -> Stream:
        """A place at the engine for weights that exist. Raises WeightsError, or as `Engine.admit` does."""
        _ = self.entry  # without weights there is nothing to wait for
        return self.engine.admit(ticket)


class Services:
    """`prompt_ids` bounds every prompt, in token ids."""

    def __init__(self, served: dict[Role, Served], prompt_ids: int, conversations: ConversationStore) -> None:
        self.served, self.prompt_ids, self.conversations = served, prompt_ids, conversations
        self.cells = CellStore()

    @property
    def engines(self) -> list[Engine]:
        """Each engine once; two roles may share one."""
        return list(dict.fromkeys(served.engine for served in self.served.values()))

    def of(self, role: Role) -> Served:
        return self.served[role]
