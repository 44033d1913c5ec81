"""Instruct weights from the page to the real worker and back: where their answers end, and what is kept of them."""

import json
from pathlib import Path

import pytest
from instruct_weights import with_chatml, write_speaker
from wire import body, events_of

import jupyter_sc2
from jupyter_sc2.tokenizer import Tokenizer

BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json"


def pieces(tokenizer, *texts):
    """The ids of texts one by one, so that a test decides where tokens end."""
    return [index for text in texts for index in tokenizer.encode(text)]


def answer_of(tokenizer, template):
    """Each id once. Of its texts none is a line end alone, which begins the answer."""
    if template == "self-align":  # the stop text begins inside one token, and spans five
        return pieces(tokenizer, "Sure", ":", " yes", "\n\n", "##", "#", " Instruction", " and", " more", " text")
    block = pieces(tokenizer, "Sure", ":", "\n ", "```", "python", "\n\n", "x", " =", "4", "\n  ", "``", "`")
    return [*block, tokenizer.added["<|im_end|>"], *pieces(tokenizer, " never")]


@pytest.fixture(params=["self-align", "chatml"])
def template(request):
    return request.param


@pytest.fixture
def sc2_config(tmp_path, template):
    path = with_chatml(BUILT_IN, tmp_path / "tokenizer.json")
    folder = write_speaker(tmp_path / "speaker", path, template, answer_of(Tokenizer(path), template))
    return {"weights": str(folder), "threads": 1, "cache_mib": 32, "device": "cpu", "precision": "float32"}


async def test_answers_end_where_the_template_says(jp_fetch, sc2_app, template):
    async def post(path, content):
        headers = {"Content-Type": "application/json"}
        reply = await jp_fetch("sc2", path, method="POST", body=json.dumps(content), headers=headers)
        return reply.body.decode()

    opened = json.loads(await post("conversations", {"path": "a.ipynb"}))["conversation"]
    names = {name: body()[name] for name in ("protocol", "request_id", "client_id", "seq")}
    question = {**names, "conversation_id": opened["id"], "revision": 0, "message": "Is it?"}
    events = events_of(await post("chat", question))
    said = "Sure: yes" if template == "self-align" else "Sure:\n ```python\n\nx =4\n  ```"
    shown = "".join(event["text"] for event in events if event["type"] == "text")
    assert shown == (f"{said}\n" if template == "self-align" else said)
    done = events[-1]
    assert (done["text"], done["finish"]) == (said, "stop")
    assert done["usage"]["new_ids"] < 20

    request = {**names, "request_id": "request-2", "editor_id": "cell", "request": "Is it?"}
    events = events_of(await post("magic", request))
    code = "Sure: yes" if template == "self-align" else "\nx =4"
    assert "".join(event["text"] for event in events if event["type"] == "text").rstrip() == code
    assert (events[-1]["text"], events[-1]["finish"]) == (code, "stop")
