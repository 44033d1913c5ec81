"""`POST /sc2/magic`."""

import pytest
from wire import body, check_failure, events_of

from jupyter_sc2.messages import Failed


def magic(request="Square x", **changes):
    return {
        **{name: body()[name] for name in ("protocol", "request_id", "client_id", "editor_id", "seq")},
        "request": request,
        "cells": [{"kind": "code", "source": "x = 3"}],
        **changes,
    }


@pytest.fixture
def ask(send):
    async def fetch(content):
        response = await send(content, "magic")
        assert response.status == 200, response.text
        return events_of(response.text)

    return fetch


async def test_code_streams_and_its_end_says_what_is_kept(engine, ask, tokenizer):
    engine.enqueue("x**2\nprint(", "stop")
    *texts, done = await ask(magic())
    assert "".join(event["text"] for event in texts) == "x**2\nprint("
    assert (done["finish"], done["text"]) == ("stop", "x**2")
    assert done["provenance"]["weights"] == "tiny"
    (prompt,) = engine.prompts
    assert prompt.priority == 1
    assert done["provenance"]["seed"] == prompt.seed
    text = tokenizer.decode(prompt.ids)
    assert text.endswith("x = 3<jupyter_output><empty_output><jupyter_text>Square x<jupyter_code>")


async def test_the_kernels_names_are_told(engine, ask, tokenizer):
    frame = {"name": "df", "type": "DataFrame", "shape": [3, 1], "columns": [{"name": "weight", "dtype": "int64"}]}
    await ask(magic(snapshot={"execution_count": 2, "variables": [frame]}))
    text = tokenizer.decode(engine.prompts[0].ids)
    assert '<jupyter_code># %% [kernel]\n# df: DataFrame (3, 1): "weight" int64<jupyter_output><empty_output>' in text


async def test_the_prompt_is_shown_on_request(engine, ask):
    shown, done = await ask(magic("Keep {braces} and %d", show_prompt=True))
    assert shown["type"] == "prompt"
    assert shown["text"].endswith("<jupyter_text>Keep {braces} and %d<jupyter_code>")
    assert shown["ids"] == len(engine.prompts[0].ids)
    assert done["text"] == ""


async def test_options_reach_the_engine(engine, ask):
    await ask(magic(options={"seed": 7, "temperature": 0.5, "max_new_tokens": 9, "top_p": 0.9}))
    (prompt,) = engine.prompts
    assert (prompt.seed, prompt.temperature, prompt.max_new_tokens, prompt.top_p) == (7, 0.5, 9, 0.9)


async def test_a_repeating_answer_is_stopped(engine, ask):
    engine.enqueue("x = 1\n" * 200)
    *_, done = await ask(magic())
    assert (done["finish"], done["text"]) == ("scope", "x = 1")
    assert engine.cancelled == [("request-1", "scope")]


async def test_a_failure_in_the_middle_is_the_last_event(engine, ask):
    engine.enqueue("x", Failed("engine_died", "It died.", "Try again.", "request-1"))
    text, failure = await ask(magic())
    assert text["text"] == "x"
    assert (failure["type"], failure["code"]) == ("error", "engine_died")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"request": ""}, 422, "bad_value"),
        ({"request": "x" * 32_769}, 422, "too_large"),
        ({"request": "word " * 6000}, 422, "too_large"),
        ({"role": "ghost"}, 422, "bad_value"),
        ({"cells": [{"kind": "raw", "source": ""}]}, 422, "bad_value"),
        ({"cells": [{"kind": "code", "source": ""}] * 2001}, 422, "too_large"),
        ({"options": {"max_new_tokens": 0}}, 422, "bad_value"),
        ({"options": {"max_new_tokens": 10**6}}, 422, "too_large"),
        ({"requst": "x"}, 400, "unknown_field"),
    ],
)
async def test_refusals(engine, send, changes, status, code):
    response = await send(magic(**changes), "magic")
    assert (response.status, check_failure(response.text)["code"]) == (status, code)
    assert engine.prompts == []
