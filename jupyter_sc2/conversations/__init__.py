"""Durable chat history: one file for each conversation, atomic and revisioned."""

from jupyter_sc2.conversations.files import folder_of
from jupyter_sc2.conversations.follow import follow_notebooks
from jupyter_sc2.conversations.store import ConversationStore, NotThere, Stale

__all__ = ["ConversationStore", "NotThere", "Stale", "folder_of", "follow_notebooks"]
