"""Which weights exist, what they need, and what of them fits this machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_sc2.catalog.entry import Entry, find
from jupyter_sc2.catalog.names import BUILT_IN, is_hub_id, locate, name_of
from jupyter_sc2.catalog.template import Template

if TYPE_CHECKING:
    from jupyter_sc2.catalog.describe import licence_needed
    from jupyter_sc2.catalog.known import KNOWN, Known

__all__ = [
    "BUILT_IN",
    "KNOWN",
    "Entry",
    "Known",
    "Template",
    "find",
    "is_hub_id",
    "licence_needed",
    "locate",
    "name_of",
]

_LATER = {"licence_needed": "describe", "KNOWN": "known", "Known": "known"}


def __getattr__(name: str) -> Any:
    """A server starts without the facts about all weights: they are imported when they are asked for."""
    if name in _LATER:
        return getattr(import_module(f"jupyter_sc2.catalog.{_LATER[name]}"), name)
    raise AttributeError(name)
