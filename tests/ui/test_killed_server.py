"""`kill -9` of the real server at random points while it saves what is said. Run by `.ci/slow`."""

from __future__ import annotations

import json
import random
import signal
import threading
import uuid
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from jupyter_sc2.conversations import files, folder_of
from ui.lab import Lab

ROUNDS = 20
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def post(lab: Lab, route: str, body: dict[str, Any]) -> str:
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{lab.url}/sc2/{route}", json.dumps(body).encode(), headers), timeout=60) as answer:
        return str(answer.read().decode())


def speak(lab: Lab, conversation: dict[str, Any]) -> int:
    """One question and its reply; returns the revision that the server says it has saved."""
    body = {
        "protocol": 1, "request_id": uuid.uuid4().hex, "client_id": "page", "seq": conversation["revision"],
        "conversation_id": conversation["id"], "revision": conversation["revision"], "message": "word " * 300,
        "options": {"max_new_tokens": 1},
    }  # fmt: skip
    done = json.loads(post(lab, "chat", body).splitlines()[-2].removeprefix("data: "))
    assert (done["type"], done["unsaved"]) == ("done", "")
    return int(done["revision"])


def test_a_killed_server_leaves_a_whole_conversation(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "home").mkdir()
    told = 0
    for number in range(ROUNDS):
        lab = Lab(tmp_path / "root", tmp_path / "home").start()
        conversation = json.loads(post(lab, "conversations", {"path": "a.ipynb"}))["conversation"]
        folder = folder_of(tmp_path / "home" / "data", str(tmp_path / "root"))
        assert told <= conversation["revision"] <= told + 2, "a question and a reply may have come after the last word"
        assert not list(folder.glob("*.tmp"))
        told = conversation["revision"] = speak(lab, conversation)
        assert lab.process is not None
        delay = random.Random(number).uniform(0.0, 0.5)
        threading.Timer(delay, lab.process.send_signal, [signal.SIGKILL]).start()
        try:
            while True:
                told = conversation["revision"] = speak(lab, conversation)
        except (OSError, HTTPException, ValueError, IndexError):
            lab.process.wait()
        found = files.read(folder / f"{conversation['id']}.json")
        assert found is not None, "the file does not parse"
        assert told <= found.revision <= told + 2
        assert len(found.messages) == found.revision
    assert told > 2 * ROUNDS
