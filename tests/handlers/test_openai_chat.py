"""`POST /sc2/v1/chat/completions`, and `GET /sc2/v1/models`."""

import json

import pytest
from msgspec import structs
from openai_wire import check_error, pieces_of

from jupyter_sc2.messages import Finished, Logprob, Tokens, Usage

HELLO = [{"role": "user", "content": "Square x"}]


@pytest.fixture
def create(send):
    """The answer to a request that must succeed: an object, or with `stream` a list of its pieces."""

    async def fetch(messages=HELLO, **body):
        response = await send({"messages": messages, **body}, "v1", "chat", "completions")
        assert response.status == 200, response.text
        return pieces_of(response.text) if body.get("stream") else json.loads(response.text)

    return fetch


async def test_base_weights_answer_with_code_in_a_fence(engine, create, tokenizer):
    engine.enqueue("x**2", "stop")
    answer = await create()
    assert answer["id"].startswith("chatcmpl-")
    assert (answer["object"], answer["model"]) == ("chat.completion", "tiny")
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "```python\nx**2\n```", "refusal": None}
    assert (choice["finish_reason"], choice["logprobs"]) == ("stop", None)
    (prompt,) = engine.prompts
    assert tokenizer.decode(prompt.ids).endswith("<jupyter_text>Square x<jupyter_code>")
    assert (prompt.max_new_tokens, prompt.temperature, prompt.priority) == (1024, 1.0, 2)
    assert answer["usage"]["prompt_tokens"] == len(prompt.ids)


async def test_what_was_said_before(engine, create, tokenizer):
    await create(
        [
            {"role": "system", "content": "Use numpy."},
            {"role": "user", "content": "Make x"},
            {"role": "assistant", "content": "Here:\n```python\nx = 3\n```\nDone."},
            {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]},
            {"role": "user", "content": "Square"},
            {"role": "user", "content": [{"type": "text", "text": "it"}], "name": "Ada"},
        ]
    )
    assert tokenizer.decode(engine.prompts[0].ids).endswith(
        "<jupyter_text>Make x<jupyter_code>x = 3<jupyter_output><empty_output>"
        "<jupyter_text>Use numpy.\n\nBe brief.<jupyter_text>Square\n\nit<jupyter_code>"
    )


async def test_the_caches_of_a_few_requests_are_kept(engine, create):
    for _ in range(9):
        await create()
    keys = [prompt.cache_key for prompt in engine.prompts]
    assert len(set(keys)) == 4
    assert keys[:4] == keys[4:8]


async def test_the_newer_name_of_the_bound_goes_first(engine, create):
    await create(max_completion_tokens=5, max_tokens=7)
    await create(max_tokens=7)
    await create(max_completion_tokens=10**6)
    assert [prompt.max_new_tokens for prompt in engine.prompts] == [5, 7, 1024]


async def test_a_stream(engine, create, tokenizer):
    a, b = tokenizer.encode("a"), tokenizer.encode("b")
    ends = Finished("", "stop", Usage(5, 5, 2), ["stop", "length"])
    engine.enqueue(Tokens("", a), 0.01, Tokens("", b), ends)
    *pieces, last = await create(stream=True, n=2, stream_options={"include_usage": True})
    deltas = [(choice["index"], choice["delta"], choice["finish_reason"]) for p in pieces for choice in p["choices"]]
    assert deltas == [
        (0, {"role": "assistant", "content": "```python\na"}, None),
        (0, {"content": "b"}, None),
        (0, {"content": "\n```"}, "stop"),
        (1, {"role": "assistant", "content": ""}, "length"),
    ]
    assert all(piece["object"] == "chat.completion.chunk" for piece in pieces)
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 7


async def test_stop_texts_and_the_fence_of_the_answer_itself(engine, create):
    engine.enqueue("x = 1\n```\nmore", "stop")
    assert (await create())["choices"][0]["message"]["content"] == "```python\nx = 1\n```"
    assert engine.prompts[0].stop == ["```"]
    engine.enqueue("x = 1; y", "stop")
    assert (await create(stop=";"))["choices"][0]["message"]["content"] == "```python\nx = 1\n```"


async def test_chances(engine, create, tokenizer):
    byte = dict(tokenizer.spellings)
    one, half = tokenizer.encode("one")[0], byte[b"\xc3"]
    engine.enqueue(Tokens("", [one], logprobs=[Logprob(-0.5, [(half, -0.25)])]), "stop")
    (choice,) = (await create(logprobs=True, top_logprobs=1))["choices"]
    assert engine.prompts[0].logprobs == 1
    assert choice["logprobs"] == {
        "content": [
            {
                "token": "one", "logprob": -0.5, "bytes": [111, 110, 101],
                "top_logprobs": [{"token": r"\xc3", "logprob": -0.25, "bytes": [195]}],
            }
        ],
        "refusal": None,
    }  # fmt: skip


async def test_no_more_positions_than_there_are(engine, create, send):
    await create([{"role": "user", "content": "x " * 3000}])
    (prompt,) = engine.prompts
    assert len(prompt.ids) + prompt.max_new_tokens <= 4096
    response = await send({"messages": [{"role": "user", "content": "x " * 9000}]}, "v1", "chat", "completions")
    error = check_error(response.text)
    assert (response.status, error["code"], error["param"]) == (400, "context_length_exceeded", "messages")


@pytest.mark.parametrize("model", ["ghost", "magic", "chat", "tiny", None, ""])
async def test_a_model_is_a_role_or_weights(engine, create, model):
    assert (await create(model=model))["model"] == "tiny"
    assert engine.tickets[0].role == (model if model in ("ghost", "magic") else "chat")


async def test_models(engine, send):
    response = await send(None, "v1", "models", method="GET")
    listed = json.loads(response.text)
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["tiny", "ghost", "magic", "chat"]
    assert [model["owned_by"] for model in listed["data"]] == ["jupyter-sc2", "tiny", "tiny", "tiny"]
    for model in listed["data"]:
        response = await send(None, "v1", "models", model["id"], method="GET")
        assert json.loads(response.text) == model
        assert model["created"] > 1e9


async def test_weights_whose_folder_went_away_since_are_listed(engine, send, sc2_app, monkeypatch, tmp_path):
    served = sc2_app.services.of("ghost")
    gone = structs.replace(served.entry, folder=tmp_path / "gone")
    monkeypatch.setattr(served, "entry", gone, raising=False)
    response = await send(None, "v1", "models", method="GET")
    assert response.status == 200, response.text
    assert {model["created"] for model in json.loads(response.text)["data"]} == {0}
    assert (await send(None, "v1", "models", "ghost", method="GET")).status == 200


async def test_weights_that_are_not_there_are_not_listed(send, sc2_app, monkeypatch, tmp_path):
    for served in sc2_app.services.served.values():
        monkeypatch.setattr(served, "weights", str(tmp_path / "nothing"))
    response = await send(None, "v1", "models", method="GET")
    assert json.loads(response.text) == {"object": "list", "data": []}
    response = await send(None, "v1", "models", "ghost", method="GET")
    assert (response.status, check_error(response.text)["code"]) == (503, "no_weights")
    response = await send({"messages": HELLO}, "v1", "chat", "completions")
    assert (response.status, check_error(response.text)["code"]) == (503, "no_weights")
