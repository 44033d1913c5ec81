"""`POST /sc2/v1/completions`: prompts, choices, what ends them, and how they are told."""

import asyncio
import json

import pytest
from msgspec import structs
from openai_wire import check_error, pieces_of
from wire import until

from jupyter_sc2.messages import Failed, Finished, Logprob, Tokens, Usage
from jupyter_sc2.tokenizer import SPECIAL_ID

FILE_SEP = SPECIAL_ID["<file_sep>"]


@pytest.fixture
def create(send):
    """The answer to a request that must succeed: an object, or with `stream` a list of its pieces."""

    async def fetch(**body):
        response = await send({"prompt": "x =", **body}, "v1", "completions")
        assert response.status == 200, response.text
        return pieces_of(response.text) if body.get("stream") else json.loads(response.text)

    return fetch


def finished(*ends, new_ids=0):
    usage = Usage(prompt_ids=5, recomputed_ids=2, new_ids=new_ids)
    return Finished("", ends[0], usage, list(ends) if len(ends) > 1 else [])


def texts(pieces, index=0):
    return [choice["text"] for piece in pieces for choice in piece["choices"] if choice["index"] == index]


async def test_a_plain_answer(engine, create, tokenizer):
    engine.enqueue(" 1\n", "stop")
    answer = await create()
    assert answer["id"].startswith("cmpl-")
    assert (answer["object"], answer["model"]) == ("text_completion", "tiny")
    assert answer["system_fingerprint"] == "fp_cdcdcdcdcdcd_float32"
    assert answer["choices"] == [{"index": 0, "text": " 1\n", "logprobs": None, "finish_reason": "stop"}]
    (prompt,) = engine.prompts
    assert prompt.ids == [FILE_SEP, *tokenizer.encode("x =")]
    assert (prompt.max_new_tokens, prompt.temperature, prompt.top_p, prompt.priority) == (16, 1.0, 1.0, 2)
    assert (prompt.candidates, prompt.logprobs, prompt.stop, prompt.libraries) == (1, None, [], None)
    assert not prompt.fresh
    new = len(tokenizer.encode(" 1\n"))
    assert answer["usage"]["completion_tokens"] == new
    assert answer["usage"]["total_tokens"] == len(prompt.ids) + new


async def test_options_reach_the_engine(engine, create):
    await create(
        temperature=0.5, top_p=0.9, seed=-1, max_tokens=7, n=3, stop=["a", "b"], logprobs=2,
        frequency_penalty=0.5, presence_penalty=-2, user="somebody", metadata={"unknown": "fields"},
    )  # fmt: skip
    (prompt,) = engine.prompts
    assert (prompt.temperature, prompt.top_p, prompt.seed, prompt.max_new_tokens) == (0.5, 0.9, 2**63 - 1, 7)
    assert (prompt.candidates, prompt.stop, prompt.logprobs, prompt.fresh) == (3, ["a", "b"], 2, True)
    assert (prompt.frequency_penalty, prompt.presence_penalty) == (0.5, -2.0)
    assert (await create(top_p=0, temperature=0, seed=1))["choices"][0]["text"] == ""
    assert 0 < engine.prompts[1].top_p < 1e-5
    assert not engine.prompts[1].fresh  # the likeliest needs no seed


async def test_null_stands_for_nothing(engine, create):
    names = "model suffix max_tokens temperature top_p n stop seed stream stream_options echo logprobs best_of"
    await create(**dict.fromkeys([*names.split(), "frequency_penalty", "presence_penalty", "logit_bias"]))
    assert engine.prompts[0].max_new_tokens == 16


@pytest.mark.parametrize(("asked", "given"), [(10**9, 1024), (0, 0), (5.0, 5)])
async def test_a_number_of_new_ids_is_lowered(engine, create, asked, given):
    await create(max_tokens=asked)
    assert engine.prompts[0].max_new_tokens == given


async def test_no_more_ids_than_there_are_positions(engine, create):
    await create(prompt=[50] * 3500, max_tokens=1000)
    assert engine.prompts[0].max_new_tokens == 4096 - 3500


async def test_nothing_new_warms_the_cache(engine, create):
    engine.enqueue(finished("warmed"))
    (choice,) = (await create(max_tokens=0, echo=True))["choices"]
    assert (choice["text"], choice["finish_reason"]) == ("x =", "length")


async def test_token_ids_are_taken_as_they_are(engine, create, tokenizer):
    await create(prompt=[0, FILE_SEP, 100])
    assert engine.prompts[0].ids == [0, FILE_SEP, 100]


async def test_a_typed_sentinel_is_text(engine, create):
    await create(prompt="<fim_prefix>a<fim_suffix>b<fim_middle>")
    assert min(engine.prompts[0].ids[1:]) >= len(SPECIAL_ID)


async def test_a_suffix_asks_for_the_middle_in_the_order_of_the_weights(engine, create, tokenizer):
    await create(prompt="def f(", suffix="):\n    pass")
    before, after = tokenizer.encode("def f("), tokenizer.encode("):\n    pass")
    sentinels = [SPECIAL_ID[f"<fim_{name}>"] for name in ("prefix", "suffix", "middle")]
    assert engine.prompts[0].ids == [FILE_SEP, *sentinels[:2], *after, sentinels[2], *before]


async def test_several_prompts_with_several_choices(engine, create, tokenizer):
    a, b, c, d = (tokenizer.encode(text) for text in "abcd")
    engine.enqueue(Tokens("", b, candidate=1), Tokens("", a), finished("length", "stop", new_ids=2))
    engine.enqueue(Tokens("", c), Tokens("", d, candidate=1), finished("stop", "length", new_ids=2))
    answer = await create(prompt=["one", "two"], n=2)
    assert [(choice["index"], choice["text"], choice["finish_reason"]) for choice in answer["choices"]] == [
        (0, "a", "length"), (1, "b", "stop"), (2, "c", "stop"), (3, "d", "length"),
    ]  # fmt: skip
    assert answer["usage"] == {
        "prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 6},
    }  # fmt: skip


async def test_a_stream(engine, create):
    engine.enqueue("one two\n", "stop")
    pieces = await create(stream=True)
    assert "".join(texts(pieces)) == "one two\n"
    assert [choice["finish_reason"] for piece in pieces for choice in piece["choices"]][-1] == "stop"
    assert {(piece["object"], piece["id"], piece["model"]) for piece in pieces} == {
        ("text_completion", pieces[0]["id"], "tiny")
    }
    assert not any("usage" in piece for piece in pieces)


async def test_a_stream_that_counts(engine, create):
    engine.enqueue("one", "stop")
    *pieces, last = await create(stream=True, stream_options={"include_usage": True})
    assert all(piece["usage"] is None for piece in pieces)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 1


async def test_a_stream_of_several_choices(engine, create, tokenizer):
    a, b = tokenizer.encode("a"), tokenizer.encode("b")
    engine.enqueue(Tokens("", a), Tokens("", b, candidate=1), Tokens("", b), finished("stop", "length"))
    pieces = await create(stream=True, n=2, echo=True)
    assert [texts(pieces, index) for index in (0, 1)] == [["x =", "a", "b", ""], ["x =", "b", ""]]
    ends = [choice for piece in pieces for choice in piece["choices"] if choice["finish_reason"]]
    assert [(choice["index"], choice["finish_reason"]) for choice in ends] == [(0, "stop"), (1, "length")]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_stop_text_is_never_shown(engine, create, stream):
    engine.enqueue("one END two", "stop")
    answer = await create(stop=["END", "other"], stream=stream)
    pieces = answer if stream else [answer]
    assert "".join(texts(pieces)) == "one "
    assert pieces[-1]["choices"][0]["finish_reason"] == "stop"


async def test_half_a_character_is_never_shown(engine, create, tokenizer):
    byte = dict(tokenizer.spellings)
    ids = [byte[bytes([each])] for each in "é".encode()]
    engine.enqueue(Tokens("", ids[:1]), 0.01, Tokens("", ids[1:]), 0.01, Tokens("", ids[:1]), finished("length"))
    assert texts(await create(stream=True)) == ["é", ""]


async def test_chances(engine, create, tokenizer):
    byte = dict(tokenizer.spellings)
    one, half = tokenizer.encode("one")[0], byte[b"\xc3"]
    chances = [Logprob(-0.5, [(one, -0.5), (half, -float("inf"))]), Logprob(-3.0, [(one, -0.1), (0, -1.0)])]
    engine.enqueue(Tokens("", [one, half], logprobs=chances), Tokens("", [byte[b"\xa9"]], logprobs=chances[:1]), "stop")
    answer = await create(logprobs=2)
    (choice,) = answer["choices"]
    assert choice["text"] == "oneé"
    assert choice["logprobs"] == {
        "tokens": ["one", r"bytes:\xc3", r"bytes:\xa9"],
        "token_logprobs": [-0.5, -3.0, -0.5],
        "top_logprobs": [
            {"one": -0.5, r"bytes:\xc3": -9999.0},
            {"one": -0.1, "<|endoftext|>": -1.0, r"bytes:\xc3": -3.0},
            {"one": -0.5, r"bytes:\xc3": -9999.0, r"bytes:\xa9": -0.5},
        ],
        "text_offset": [0, 3, 3],
    }


async def test_what_follows_a_stop_text_has_no_chances_either(engine, create, tokenizer):
    ids = tokenizer.encode("a;b")
    engine.enqueue(Tokens("", ids, logprobs=[Logprob(-1.0)] * len(ids)), "stop")
    (choice,) = (await create(stop=";", logprobs=0))["choices"]
    assert (choice["text"], choice["logprobs"]["tokens"]) == ("a", ["a"])


async def test_weights_that_heal_are_asked_from_a_border(engine, create, sc2_app, tokenizer, monkeypatch):
    served = sc2_app.services.of("ghost")
    healing = structs.replace(served.entry, heals=True)
    monkeypatch.setattr(served, "entry", healing, raising=False)
    engine.enqueue(
        Tokens("", tokenizer.encode("print")), Tokens("", tokenizer.encode("(")), finished("stop", new_ids=2)
    )
    answer = await create(prompt="x = 1\npri", max_tokens=4, echo=True)
    (prompt,) = engine.prompts
    assert prompt.spell == "pri"
    assert prompt.ids == [FILE_SEP, *tokenizer.encode("x = 1\n")]
    assert prompt.max_new_tokens == 4 + len(tokenizer.encode("pri"))
    assert answer["choices"][0]["text"] == "x = 1\nprint("
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (6, 1)
    await create(prompt="pri", logprobs=1)
    assert engine.prompts[1].spell == ""


async def test_what_was_spelled_is_of_the_prompt_once(engine, create, sc2_app, tokenizer, monkeypatch):
    """As its other ids are, whatever the number of choices."""
    served = sc2_app.services.of("ghost")
    monkeypatch.setattr(served, "entry", structs.replace(served.entry, heals=True), raising=False)
    ids = tokenizer.encode("print")
    engine.enqueue(Tokens("", ids), Tokens("", ids, candidate=1), finished("stop", "stop", new_ids=2 * len(ids)))
    usage = (await create(prompt="x = 1\npri", max_tokens=4, n=2))["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (5 + len(ids), 0)


async def test_a_closed_connection_ends_all_prompts(engine, connect):
    engine.enqueue("a", 60)
    engine.enqueue("a", 60)
    _, writer = await connect({"prompt": ["one", "two"]}, path="v1/completions")
    await until(lambda: len(engine.prompts) == 2)
    writer.close()
    await until(lambda: len(engine.cancelled) == 2)


async def test_a_request_can_be_cancelled_by_its_name(engine, send):
    engine.enqueue("a", 0.1)
    asked = asyncio.ensure_future(send({"prompt": "x"}, "v1", "completions"))
    await until(lambda: engine.prompts)
    name = engine.tickets[0].request_id
    assert (await send(None, "requests", name, method="DELETE")).status == 204
    answer = await asked
    assert answer.headers["X-Request-Id"] == name == json.loads(answer.text)["id"]


async def test_a_failure_before_and_after_the_first_piece(engine, send, create):
    died = Failed("engine_died", "The engine's worker ended.", "It restarts by itself; try again.")
    engine.enqueue(died)
    response = await send({"prompt": "x", "stream": True}, "v1", "completions")
    assert (response.status, check_error(response.text)["code"]) == (503, "engine_died")
    engine.enqueue("a", died)
    response = await send({"prompt": "x", "stream": True}, "v1", "completions")
    assert response.status == 200
    last = response.text.split("\n\n")[-2].removeprefix("data: ")
    assert check_error(last) == {
        "message": "The engine's worker ended. It restarts by itself; try again.",
        "type": "server_error", "param": None, "code": "engine_died",
    }  # fmt: skip


async def test_silence_is_bridged_by_comments(engine, send, monkeypatch):
    monkeypatch.setattr("jupyter_sc2.handlers.openai.CompletionsHandler.heartbeat_seconds", 0.02)
    engine.enqueue(0.1, "a", "stop")
    response = await send({"prompt": "x", "stream": True}, "v1", "completions")
    assert response.text.startswith(": \n\n")
    assert "".join(texts(pieces_of(response.text))) == "a"
