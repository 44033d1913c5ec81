"""`POST /sc2/chat` and `/sc2/conversations`: a conversation grows, and what was said is on disk."""

import asyncio
import json
import os

import pytest
from wire import check_failure, events_of, until

from jupyter_sc2.messages import Failed

PATH = "work/a.ipynb"


def chat(conversation, message="Square x", **changes):
    return {
        "protocol": 1,
        "request_id": f"request-{conversation['revision']}",
        "client_id": "page-1",
        "seq": conversation["revision"],
        "conversation_id": conversation["id"],
        "revision": conversation["revision"],
        "message": message,
        **changes,
    }


@pytest.fixture
def opened(send):
    async def fetch(path=PATH):
        response = await send({"path": path}, "conversations")
        assert response.status == 200, response.text
        return json.loads(response.text)

    return fetch


@pytest.fixture
def ask(send):
    async def fetch(content):
        response = await send(content, "chat")
        assert response.status == 200, response.text
        return events_of(response.text)

    return fetch


@pytest.fixture
def saved(sc2_app):
    def read(conversation):
        file = sc2_app.services.conversations.folder / f"{conversation['id']}.json"
        return json.loads(file.read_text())

    return read


async def test_ask_and_find_it_again(engine, send, opened, ask, saved):
    answer = await opened()
    assert (answer["weights"], answer["kind"], answer["notice"]) == ("tiny", "base", "")
    conversation = answer["conversation"]
    engine.enqueue("x**2", "stop")
    context = [{"kind": "code", "title": "Cell 1", "source": "x = 3"}]
    *texts, done = await ask(chat(conversation, context=context))
    assert "".join(event["text"] for event in texts) == "```python\nx**2"
    assert (done["text"], done["finish"], done["revision"], done["unsaved"]) == ("```python\nx**2\n```", "stop", 2, "")
    kept = (await opened())["conversation"]
    question, reply = kept["messages"]
    assert (question["role"], question["text"], question["context"]) == ("user", "Square x", context)
    assert (reply["role"], reply["text"], reply["finish"]) == ("assistant", done["text"], "stop")
    assert reply["provenance"] == done["provenance"]
    assert saved(kept) == kept
    response = await send(None, "conversations", kept["id"], method="GET")
    assert json.loads(response.text) == kept
    assert engine.prompts[0].priority == 2


async def test_the_second_question_sees_the_first(engine, opened, ask, tokenizer):
    engine.enqueue("x**2", "stop")
    await ask(chat((await opened())["conversation"]))
    await ask(chat((await opened())["conversation"], "Cube x"))
    text = tokenizer.decode(engine.prompts[1].ids)
    assert text.endswith("Square x<jupyter_code>x**2<jupyter_output><empty_output><jupyter_text>Cube x<jupyter_code>")
    assert engine.prompts[0].cache_key == engine.prompts[1].cache_key


async def test_a_stale_page_asks_nothing(engine, send, opened, ask):
    before = (await opened())["conversation"]
    await ask(chat(before))
    response = await send(chat(before, request_id="other"), "chat")
    assert (response.status, check_failure(response.text)["code"]) == (409, "conflict")
    assert len(engine.prompts) == 1
    assert (await opened())["conversation"]["revision"] == 2


async def test_stop_keeps_what_there_is(engine, send, opened, ask):
    conversation = (await opened())["conversation"]
    engine.enqueue("x = 1\ny = 2\nz")
    asked = asyncio.ensure_future(ask(chat(conversation)))
    await until(lambda: engine.prompts and engine.open)
    await asyncio.sleep(0.1)
    assert (await send(None, "requests", "request-0", method="DELETE")).status == 204
    done = (await asked)[-1]
    assert (done["finish"], done["text"], done["revision"]) == ("cancelled", "```python\nx = 1\ny = 2\nz\n```", 2)


async def test_a_page_that_goes_away_cancels_and_loses_nothing(engine, opened, connect, sc2_app):
    conversation = (await opened())["conversation"]
    engine.enqueue("x = 1\n")
    reader, writer = await connect(chat(conversation), path="chat")
    await reader.readuntil(b'"text"')
    await until(lambda: engine.is_drained)
    writer.close()
    await until(lambda: engine.cancelled)
    store = sc2_app.services.conversations
    for _ in range(200):
        kept = await store.get(conversation["id"])
        if kept.revision == 2:
            break
        await asyncio.sleep(0.01)
    assert (kept.messages[1].finish, kept.messages[1].text) == ("cancelled", "```python\nx = 1\n```")


async def test_a_failure_is_told_and_remembered(engine, send, opened, ask):
    conversation = (await opened())["conversation"]
    engine.enqueue(Failed("engine_died", "It died.", "Try again.", "request-0"))
    response = await send(chat(conversation), "chat")
    assert (response.status, check_failure(response.text)["code"]) == (503, "engine_died")
    question, reply = (await opened())["conversation"]["messages"]
    assert (question["text"], reply["text"], reply["finish"], reply["error"]) == ("Square x", "", "error", "It died.")
    engine.enqueue("x", Failed("engine_died", "It died.", "Try again.", "request-2"))
    *_, failure = await ask(chat((await opened())["conversation"]))
    assert (failure["type"], failure["message"]) == ("error", "It died.")
    assert (await opened())["conversation"]["messages"][3]["text"] == "```python\nx\n```"


async def test_a_full_disk_is_told_and_the_reply_shown(engine, opened, ask, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    engine.enqueue("x**2", "stop")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        *_, done = await ask(chat((await opened())["conversation"]))
    assert (done["text"], done["unsaved"], done["revision"]) == ("```python\nx**2\n```", "the disk is full", 2)
    await ask(chat((await opened())["conversation"]))
    assert (await opened())["conversation"]["revision"] == 4


async def test_forgetting(engine, send, opened, ask):
    conversation = (await opened())["conversation"]
    await ask(chat(conversation))
    assert (await send(None, "conversations", conversation["id"], method="DELETE")).status == 204
    assert (await send(None, "conversations", conversation["id"], method="GET")).status == 404
    assert (await opened())["conversation"]["messages"] == []


@pytest.mark.parametrize("name", ["x", "..%2F..%2Fetc%2Fpasswd", "00000000-0000-4000-8000-000000000000", "A" * 36])
async def test_no_name_reaches_another_file(engine, send, name):
    for method in ("GET", "DELETE"):
        response = await send(None, "conversations", name, method=method)
        assert (response.status, check_failure(response.text)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"message": ""}, 422, "bad_value"),
        ({"message": "word " * 6000}, 422, "too_large"),
        ({"conversation_id": "../x"}, 422, "bad_value"),
        ({"conversation_id": "00000000-0000-4000-8000-000000000000"}, 404, "not_found"),
        ({"revision": -1}, 422, "bad_value"),
        ({"role": "magic"}, 422, "bad_value"),
        ({"context": [{"kind": "file", "title": "", "source": ""}]}, 422, "bad_value"),
        ({"context": [{"kind": "code", "title": "", "source": ""}] * 17}, 422, "too_large"),
        ({"mesage": "x"}, 400, "unknown_field"),
    ],
)
async def test_refusals_change_nothing(engine, send, opened, changes, status, code):
    conversation = (await opened())["conversation"]
    response = await send(chat(conversation, **changes), "chat")
    assert (response.status, check_failure(response.text)["code"]) == (status, code)
    assert engine.prompts == []
    assert (await opened())["conversation"]["revision"] == 0


async def test_two_pages_share_one_conversation(engine, opened, ask, send):
    """Each asks again when the other was faster; nothing is lost and the order is one."""

    async def speak(page):
        for number in range(10):
            for attempt in range(50):
                conversation = (await opened())["conversation"]
                name = f"{page}-{number}-{attempt}"
                content = chat(conversation, f"{page} {number}", client_id=page, request_id=name, seq=number)
                if (await send(content, "chat")).status == 200:
                    break
                await asyncio.sleep(0.01)

    await asyncio.gather(speak("one"), speak("two"))
    kept = (await opened())["conversation"]
    asked = [message["text"] for message in kept["messages"] if message["role"] == "user"]
    assert sorted(asked) == sorted(f"{page} {number}" for page in ("one", "two") for number in range(10))
    assert kept["revision"] == len(kept["messages"]) == 40
    answered = [message["in_reply_to"] for message in kept["messages"] if message["role"] == "assistant"]
    assert sorted(answered) == sorted(message["id"] for message in kept["messages"] if message["role"] == "user")


async def test_secrets_reach_neither_prompt_nor_history_nor_log(engine, opened, ask, saved, tokenizer, caplog):
    conversation = (await opened())["conversation"]
    planted = 'password = "hunter2"'
    await ask(chat(conversation, planted, context=[{"kind": "code", "title": "Cell 1", "source": planted}]))
    kept = json.dumps(saved(conversation))
    assert "hunter2" not in tokenizer.decode(engine.prompts[0].ids) + kept + caplog.text
    assert kept.count("***") == 2
