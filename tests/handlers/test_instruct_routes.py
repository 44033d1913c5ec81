"""Chat, magic and ghost text with instruct weights, on a fake engine."""

import json

import pytest
from instruct_weights import with_chatml
from test_chat import chat
from test_magic import magic
from wire import body, check_failure, events_of

from jupyter_sc2.tokenizer import Tokenizer

TEMPLATES = ("self-align", "chatml")


@pytest.fixture(params=TEMPLATES)
def template(request):
    return request.param


@pytest.fixture
def sc2_config(tmp_path, weights_folder, template):
    folder = tmp_path / "tiny-instruct"
    folder.mkdir()
    with_chatml(weights_folder / "tokenizer.json", folder / "tokenizer.json")
    config = json.loads((weights_folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "jupyter_sc2_template": template}))
    return {"weights": str(folder)}


@pytest.fixture
def vocabulary(sc2_config):
    return Tokenizer(f"{sc2_config['weights']}/tokenizer.json")


@pytest.fixture
def ask(send):
    async def fetch(content, path):
        response = await send(content, path)
        assert response.status == 200, response.text
        return events_of(response.text)

    return fetch


async def test_a_conversation_in_the_weights_own_form(engine, send, ask, vocabulary, template):
    opened = json.loads((await send({"path": "a.ipynb"}, "conversations")).text)
    assert opened["kind"] == {"self-align": "instruct", "chatml": "chat"}[template]
    reply = "Use *power*:\n\n```python\nx**2\n```\n\nDone."
    engine.enqueue(reply, "stop")
    context = [{"kind": "code", "title": "Cell 1", "source": "x = 3"}]
    *texts, done = await ask(chat(opened["conversation"], context=context), "chat")
    assert "".join(event["text"] for event in texts) == reply
    assert (done["text"], done["finish"]) == (reply, "stop")
    engine.enqueue("Later.", "stop")
    conversation = json.loads((await send({"path": "a.ipynb"}, "conversations")).text)["conversation"]
    await ask(chat(conversation, "Cube x"), "chat")
    first, second = engine.prompts
    assert (first.stop, first.spell) == ({"self-align": ["\n### Instruction"], "chatml": []}[template], "")
    assert set(vocabulary.added.values()) <= set(first.stop_ids) or template == "self-align"
    assert vocabulary.decode(first.ids).count("Cell 1:\n\n```python\nx = 3\n```\n\nSquare x") == 1
    assert second.ids[: len(first.ids)] == first.ids
    assert reply in vocabulary.decode(second.ids)
    end = {"self-align": "Cube x\n\n### Response\n", "chatml": "Cube x<|im_end|>\n<|im_start|>assistant\n"}[template]
    assert vocabulary.decode(second.ids).endswith(end)


async def test_the_magic_takes_the_first_block(engine, ask, template):
    engine.enqueue("Sure!\n\n```python\nx**2\n```\nThat is x**2.", "stop")
    *texts, done = await ask(magic(), "magic")
    assert "".join(event["text"] for event in texts) == "x**2\n"
    assert (done["text"], done["finish"]) == ("x**2", "scope")
    assert engine.cancelled == [("request-1", "scope")]


async def test_the_magic_takes_all_where_there_is_no_block(engine, ask):
    engine.enqueue("x**2", "stop")
    *texts, done = await ask(magic(), "magic")
    assert [event["text"] for event in texts] == ["x**2"]
    assert (done["text"], done["finish"]) == ("x**2", "stop")


async def test_the_prompt_of_the_magic_is_shown_on_request(engine, ask, vocabulary):
    shown, _ = await ask(magic(show_prompt=True), "magic")
    assert shown["text"] == vocabulary.decode(engine.prompts[0].ids)
    assert "```python\nx = 3\n```\n\nSquare x\n\nAnswer with" in shown["text"]


@pytest.mark.parametrize("count", [0, 16])
async def test_nobody_fills_in_the_middle_with_instruct_weights(engine, send, count):
    response = await send(body(options={"max_new_tokens": count}))
    failure = check_failure(response.text)
    assert (response.status, failure["code"]) == (422, "wrong_kind")
    assert failure["message"] == "tiny-instruct was trained to converse and cannot complete code at the cursor."
    assert "base weights" in failure["hint"]
    assert engine.tickets == []


async def test_a_question_that_is_too_long(engine, send):
    response = await send(magic("word " * 6000), "magic")
    assert (response.status, check_failure(response.text)["code"]) == (422, "too_large")
    assert engine.prompts == []
