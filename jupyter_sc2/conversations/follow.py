"""Conversations follow their notebooks: Jupyter's contents service tells of renames and deletions."""

from __future__ import annotations

from typing import Any

from jupyter_events import EventLogger

from jupyter_sc2.conversations.store import ConversationStore

CONTENTS_EVENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def follow_notebooks(logger: EventLogger, store: ConversationStore) -> None:
    """A copied notebook needs nothing: its path has no conversation, so it starts anew."""

    async def listen(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        path = str(data["path"]).strip("/")
        if data["action"] == "rename":
            await store.moved(str(data.get("source_path", "")).strip("/"), path)
        elif data["action"] == "delete":
            await store.deleted(path)

    logger.add_listener(schema_id=CONTENTS_EVENTS, listener=listen)
