"""Which weights exist."""

from jupyter_sc2.catalog.entry import BUILT_IN, Entry, find, locate, name_of

__all__ = ["BUILT_IN", "Entry", "find", "locate", "name_of"]
