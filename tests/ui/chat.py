"""What a person does in the chat sidebar, in words."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable

from playwright.sync_api import Locator, Page, expect

from jupyter_sc2.conversations import folder_of
from ui.lab import Lab

PANEL = ".jp-sc2-chat"
REPLY = ".jp-sc2-chat-reply"
ENDING = ".jp-sc2-chat-ending"
CHAT_ROUTE = re.compile(r"/sc2/chat(\?|$)")


def open_chat(page: Page, weights: str = "built-in") -> Locator:
    page.evaluate("() => window.jupyterapp.commands.execute('jupyter-sc2:focus-chat')")
    panel = page.locator(PANEL)
    expect(panel.get_by_role("textbox")).to_be_focused()
    expect(panel.locator("header")).to_contain_text(weights)
    return panel


def ask(page: Page, text: str) -> None:
    page.locator(PANEL).get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def answered(page: Page, count: int = 1) -> None:
    """Waits until so many replies have ended."""
    expect(page.locator(ENDING)).to_have_count(count, timeout=60_000)


def write_conversation(lab: Lab, path: str, texts: Iterable[str]) -> str:
    """A conversation on disk in which `texts` are said by turns, the user first. Returns its id."""
    name = str(uuid.uuid4())
    roles = ("user", "assistant")
    messages = [
        {"id": str(uuid.uuid4()), "role": roles[i % 2], "text": text, "time": "2026-01-01T00:00:00+00:00"}
        for i, text in enumerate(texts)
    ]
    folder = folder_of(lab.home / "data", str(lab.root))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    conversation = {"id": name, "path": path, "revision": len(messages), "messages": messages, "schema_version": 1}
    (folder / f"{name}.json").write_text(json.dumps(conversation))
    return name
