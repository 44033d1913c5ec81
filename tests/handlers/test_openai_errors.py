"""Every refusal under `/sc2/v1/`: OpenAI's shape and status, a sentence, and the field that is to blame."""

import json

import pytest
from jupyter_server.auth import AllowAllAuthorizer
from openai_wire import check_error
from traitlets.config import Config
from wire import body

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import MAX_BODY_BYTES
from jupyter_sc2.supervisor import TryLater

COMPLETIONS, CHAT = ("v1", "completions"), ("v1", "chat", "completions")
HELLO = [{"role": "user", "content": "x"}]
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
SECRET = "hunter2"

REFUSED = [
    (COMPLETIONS, {"temperature": 2.5}, "temperature", "bad_value", "a number from 0 to 2"),
    (COMPLETIONS, {"temperature": "hot"}, "temperature", "bad_value", "a number from 0 to 2"),
    (COMPLETIONS, {"top_p": 1.5}, "top_p", "bad_value", "a number from 0 to 1"),
    (COMPLETIONS, {"max_tokens": -1}, "max_tokens", "bad_value", "whole number"),
    (COMPLETIONS, {"n": 0}, "n", "bad_value", "from 1 to 8"),
    (COMPLETIONS, {"n": 9}, "n", "too_large", "from 1 to 8"),
    (COMPLETIONS, {"n": 10**30}, "n", "too_large", "from 1 to 8"),
    (COMPLETIONS, {"n": True}, "n", "bad_value", "from 1 to 8"),
    (COMPLETIONS, {"stop": ""}, "stop", "bad_value", "text"),
    (COMPLETIONS, {"stop": ["a"] * 5}, "stop", "too_large", "a list of 0 to 4 items"),
    (COMPLETIONS, {"stop": ["a", 1]}, "stop[1]", "bad_value", "text"),
    (COMPLETIONS, {"seed": 2**63}, "seed", "too_large", "whole number"),
    (COMPLETIONS, {"logprobs": 6}, "logprobs", "too_large", "from 0 to 5"),
    (COMPLETIONS, {"logprobs": True}, "logprobs", "bad_value", "from 0 to 5"),
    (COMPLETIONS, {"frequency_penalty": 2.1}, "frequency_penalty", "bad_value", "from -2 to 2"),
    (COMPLETIONS, {"logit_bias": {"50": -100}}, "logit_bias", "unsupported_parameter", "not supported"),
    (COMPLETIONS, {"logit_bias": {"50": "x"}}, "logit_bias[...]", "bad_value", "a number"),
    (COMPLETIONS, {"best_of": 3}, "best_of", "invalid_value", "`n`"),
    (COMPLETIONS, {"echo": True, "suffix": "x"}, "echo", "invalid_value", "`suffix`"),
    (COMPLETIONS, {"echo": True, "logprobs": 1}, "echo", "invalid_value", "`logprobs`"),
    (COMPLETIONS, {"stream_options": {}}, "stream_options", "invalid_value", "`stream`"),
    (COMPLETIONS, {"prompt": 5}, "prompt", "bad_value", "text"),
    (COMPLETIONS, {"prompt": []}, "prompt", "invalid_value", "empty"),
    (COMPLETIONS, {"prompt": [[1], []]}, "prompt", "invalid_value", "empty"),
    (COMPLETIONS, {"prompt": ["a", 1]}, "prompt", "invalid_value", "one or the other"),
    (COMPLETIONS, {"prompt": ["a", [1]]}, "prompt", "invalid_value", "one or the other"),
    (COMPLETIONS, {"prompt": ["a"] * 17}, "prompt", "invalid_value", "16"),
    (COMPLETIONS, {"prompt": [2**31]}, "prompt[0]", "too_large", "whole number"),
    (COMPLETIONS, {"prompt": [[1, "a"]]}, "prompt[0][1]", "bad_value", "whole number"),
    (COMPLETIONS, {"prompt": [100_000]}, "prompt", "invalid_value", "token ids above"),
    (COMPLETIONS, {"prompt": [-1]}, "prompt[0]", "bad_value", "whole number"),
    (COMPLETIONS, {"prompt": "x " * 9000}, "prompt", "context_length_exceeded", "at most 4095"),
    (COMPLETIONS, {"prompt": [50] * 4096}, "prompt", "context_length_exceeded", "4096 token ids"),
    (COMPLETIONS, {"suffix": "x " * 9000}, "prompt", "context_length_exceeded", "at most 4095"),
    (CHAT, {"messages": []}, "messages", "bad_value", "a list of 1 to 512 items"),
    (CHAT, {"messages": None}, "messages", "bad_value", "a list of 1 to 512 items"),
    (CHAT, {"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role", "bad_value", "one of"),
    (CHAT, {"messages": [{"content": "x"}]}, "role", "bad_value", "missing"),
    (CHAT, {"messages": [*HELLO, {"role": "assistant", "content": "y"}]}, "messages", "invalid_value", "user"),
    (CHAT, {"messages": [{"role": "user", "content": " "}]}, "messages", "invalid_value", "user"),
    (CHAT, {"messages": [{"role": "user", "content": [IMAGE]}]}, "messages[0].content", "invalid_value", "text only"),
    (CHAT, {"tools": [{"type": "function"}]}, "tools", "unsupported_parameter", "not supported"),
    (CHAT, {"functions": [{}]}, "functions", "unsupported_parameter", "not supported"),
    (CHAT, {"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter", "not supported"),
    (CHAT, {"top_logprobs": 3}, "top_logprobs", "invalid_value", "`logprobs`"),
    (CHAT, {"logprobs": True, "top_logprobs": 21}, "top_logprobs", "too_large", "from 0 to 20"),
]  # fmt: skip


async def test_the_error_table(engine, send, caplog):
    for path, changes, param, code, words in REFUSED:
        response = await send({"prompt": "x", "messages": HELLO, **changes}, *path)
        error = check_error(response.text)
        assert (response.status, error["type"]) == (400, "invalid_request_error"), (changes, response.text)
        assert (error["param"], error["code"]) == (param, code), (changes, error)
        assert words in error["message"], (changes, error)
        assert len(response.text) < 1000
    assert engine.prompts == []
    assert "Uncaught" not in caplog.text


@pytest.mark.parametrize("path", [COMPLETIONS, CHAT])
async def test_no_such_model(engine, send, path):
    response = await send({"prompt": "x", "messages": HELLO, "model": SECRET}, *path)
    error = check_error(response.text)
    assert (response.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert error["message"] == "There is no such model. There are: ghost, magic, chat, tiny."
    response = await send(None, "v1", "models", f"org/{SECRET}", method="GET")
    assert (response.status, check_error(response.text)["code"]) == (404, "model_not_found")
    assert SECRET not in response.text


@pytest.mark.parametrize(
    ("content", "options", "status", "code"),
    [
        ("{", {}, 400, "bad_json"),
        ('{"prompt": "a\\u0000"}', {}, 400, "bad_text"),
        ("{}", {"headers": {"Content-Type": "text/plain"}}, 415, "bad_content_type"),
        (json.dumps({"prompt": "x" * MAX_BODY_BYTES}), {}, 413, "too_big"),
        ("{}", {"method": "PUT"}, 405, "method_not_allowed"),
        ("{}", {"params": {"x": "%ff"}}, 400, "bad_value"),
    ],
)
async def test_bodies_and_methods(engine, send, content, options, status, code):
    response = await send(content, *CHAT, **options)
    error = check_error(response.text)
    assert (response.status, error["type"], error["code"]) == (status, "invalid_request_error", code)
    if status == 405:
        assert response.headers["Allow"] == "POST, OPTIONS"


async def test_an_address_that_is_no_text(engine, http_server_client, jp_base_url, jp_auth_header):
    url = f"{jp_base_url}sc2/v1/models?token=%ff"
    response = await http_server_client.fetch(url, headers=jp_auth_header, raise_error=False)
    assert (response.code, check_error(response.body.decode())["code"]) == (400, "bad_request")


@pytest.mark.parametrize("header", ["none", "token wrong", "Bearer wrong", "Bearer "])
@pytest.mark.parametrize("path", [COMPLETIONS, CHAT, ("v1", "models"), ("v1", "models", "ghost")])
async def test_a_wrong_key(engine, send, path, header):
    method = "GET" if "models" in path else "POST"
    response = await send(None if method == "GET" else {}, *path, method=method, headers={"Authorization": header})
    error = check_error(response.text)
    assert (response.status, error["code"], error["type"]) == (401, "invalid_api_key", "authentication_error")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert engine.tickets == []


async def test_a_token_needs_no_xsrf_header(engine, send, jp_auth_header):
    token = jp_auth_header["Authorization"].partition(" ")[2]
    for origin in ({}, {"Origin": "https://elsewhere.example"}):
        headers = {"Authorization": f"Bearer {token}", **origin}
        assert (await send({"prompt": "x"}, *COMPLETIONS, headers=headers)).status == 200


class NoExecution(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return (action, resource) != ("execute", "sc2")


class TestAuthorizer:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        return Config(jp_server_config, ServerApp={**jp_server_config["ServerApp"], "authorizer_class": NoExecution})

    async def test_who_may_not_execute(self, engine, send):
        for path in (COMPLETIONS, CHAT):
            response = await send({"prompt": "x", "messages": HELLO}, *path)
            error = check_error(response.text)
            assert (response.status, error["code"], error["type"]) == (403, "forbidden", "permission_error")
        assert (await send(None, "v1", "models", method="GET")).status == 200
        assert engine.tickets == []


async def test_no_place(engine, send):
    engine.refusal = TryLater("busy", "4 running, 32 waiting.", status=429, retry_after=1)
    response = await send({"prompt": "x"}, *COMPLETIONS)
    error = check_error(response.text)
    assert (response.status, response.headers["Retry-After"]) == (429, "1")
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")


async def test_no_place_for_the_second_prompt(engine, send, monkeypatch):
    admit = engine.admit

    def once(ticket):
        if engine.tickets:
            raise TryLater("busy", "4 running, 32 waiting.", status=429, retry_after=1)
        return admit(ticket)

    monkeypatch.setattr(engine, "admit", once)
    response = await send({"prompt": ["x", "y"]}, *COMPLETIONS)
    assert response.status == 429
    assert [name for name, _ in engine.cancelled] == [engine.tickets[0].request_id]


async def test_a_refused_prompt_gives_its_place_back(engine, send):
    await send({"prompt": [100_000]}, *COMPLETIONS)
    assert len(engine.tickets) == len(engine.cancelled) == 1


async def test_what_nobody_foresaw(engine, send, caplog):
    engine.refusal = RuntimeError(SECRET)
    response = await send({"prompt": "x"}, *COMPLETIONS)
    error = check_error(response.text)
    assert (response.status, error["type"], error["code"]) == (500, "server_error", "internal")
    assert SECRET not in response.text + caplog.text


async def test_weights_that_cannot_answer(engine, send):
    engine.refusal = Sc2Error("no_torch", "The worker's Python lacks the package torch.", "Install it there.", 503)
    response = await send({"prompt": "x"}, *COMPLETIONS)
    assert response.status == 503
    message = "The worker's Python lacks the package torch. Install it there."
    assert check_error(response.text) == {"message": message, "type": "server_error", "param": None, "code": "no_torch"}


async def test_our_own_routes_keep_our_own_shape(engine, send):
    response = await send(body(seq=-1))
    assert (response.status, json.loads(response.text)["type"]) == (422, "error")
