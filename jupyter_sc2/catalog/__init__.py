"""Which weights exist, what they need, and what of them fits this machine."""

from jupyter_sc2.catalog.describe import describe, licence_needed
from jupyter_sc2.catalog.entry import Entry, find
from jupyter_sc2.catalog.known import KNOWN, Known, known
from jupyter_sc2.catalog.names import BUILT_IN, is_hub_id, locate, name_of
from jupyter_sc2.catalog.template import Template

__all__ = [
    "BUILT_IN",
    "KNOWN",
    "Entry",
    "Known",
    "Template",
    "describe",
    "find",
    "is_hub_id",
    "known",
    "licence_needed",
    "locate",
    "name_of",
]
