"""The `openai` package, unmodified, against a running JupyterLab with its own token and the built-in weights."""

import asyncio
import json
import time

import openai
import pytest

PROMPT = "import numpy as np\nx = np.linspace(0, 1, 10)\ny = np."
MESSAGES = [{"role": "user", "content": "Print the numbers from 1 to 10"}]


def joined(stream):
    """The text of the one choice of a stream, and why it ended."""
    choices = [choice for piece in stream for choice in piece.choices]
    return "".join(choice.text for choice in choices), choices[-1].finish_reason


def test_models(client):
    models = {model.id: model for model in client.models.list()}
    assert models.keys() == {"built-in", "ghost", "magic", "chat"}
    assert client.models.retrieve("built-in") == models["built-in"]


def test_a_completion_whole_and_streamed(client):
    asked = {"model": "ghost", "prompt": PROMPT, "max_tokens": 12, "temperature": 0}
    whole = client.completions.create(**asked)
    (choice,) = whole.choices
    assert (whole.object, whole.model) == ("text_completion", "built-in")
    assert choice.text
    assert choice.finish_reason == "length"
    assert whole.usage.completion_tokens == 12
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + 12
    assert joined(client.completions.create(**asked, stream=True)) == (choice.text, "length")


def test_a_stream_counts_at_its_end(client):
    asked = {"model": "ghost", "prompt": "x", "max_tokens": 3, "stream": True}
    *pieces, last = client.completions.create(**asked, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage.completion_tokens == 3
    assert all(piece.usage is None for piece in pieces)


def test_a_stop_text_ends_the_answer_within_a_token(client):
    asked = {"model": "ghost", "prompt": PROMPT, "max_tokens": 40, "temperature": 0}
    free = client.completions.create(**asked).choices[0].text
    stop = free[5:9]
    wanted = free[: free.index(stop)]
    stopped = client.completions.create(**asked, stop=[stop, "never written"])
    assert (stopped.choices[0].text, stopped.choices[0].finish_reason) == (wanted, "stop")
    assert stopped.usage.completion_tokens < 40
    assert joined(client.completions.create(**asked, stop=stop, stream=True)) == (wanted, "stop")


def test_a_seed_writes_the_same_again(client):
    def text(seed, model="ghost"):
        return client.completions.create(model=model, prompt=PROMPT, max_tokens=20, seed=seed).choices[0].text

    assert text(7) == text(7) == text(7, "built-in")
    assert len({text(seed) for seed in range(4)}) > 1


def test_choices_are_those_of_seeds_in_a_row(client):
    def texts(**changes):
        answer = client.completions.create(model="ghost", prompt=PROMPT, max_tokens=8, **changes)
        assert [choice.index for choice in answer.choices] == list(range(len(answer.choices)))
        return [choice.text for choice in answer.choices]

    three = texts(n=3, seed=5)
    assert three == texts(n=3, seed=5)
    assert len(set(three)) > 1
    assert three[1] == texts(seed=6)[0]


def test_several_prompts(client):
    asked = {"model": "ghost", "max_tokens": 5, "temperature": 0}
    prompts = [PROMPT, "def add(a, b):\n    return "]
    answer = client.completions.create(**asked, prompt=prompts, n=2, echo=True)
    alone = [client.completions.create(**asked, prompt=prompt).choices[0].text for prompt in prompts]
    twice = [prompt + text for prompt, text in zip(prompts, alone, strict=True) for _ in range(2)]
    assert [choice.text for choice in answer.choices] == twice


def test_token_ids(client):
    answer = client.completions.create(model="ghost", prompt=[[0, 6, 100, 101], [200]], max_tokens=2)
    assert len(answer.choices) == 2
    assert answer.usage.prompt_tokens == 5


def test_a_suffix(client):
    asked = {"model": "ghost", "prompt": "def square(n):\n    return ", "max_tokens": 8, "temperature": 0}
    without = client.completions.create(**asked)
    between = client.completions.create(**asked, suffix="\n\nprint(square(3))\n")
    assert between.usage.prompt_tokens > without.usage.prompt_tokens + 5
    assert between.choices[0].text


def test_chances(client):
    answer = client.completions.create(model="ghost", prompt=PROMPT, max_tokens=6, temperature=0, logprobs=3)
    (choice,) = answer.choices
    chances = choice.logprobs
    assert "".join(chances.tokens) == choice.text
    for token, chance, top in zip(chances.tokens, chances.token_logprobs, chances.top_logprobs, strict=True):
        assert chance == top[token] == max(top.values()) < 0
        assert len(top) == 3
    for token, at in zip(chances.tokens, chances.text_offset, strict=True):
        assert choice.text[at:].startswith(token)


def test_a_penalty(client):
    asked = {"model": "ghost", "prompt": "1, 1, 1, 1, 1,", "max_tokens": 30, "temperature": 0}
    plain, penalised = (client.completions.create(**asked, frequency_penalty=by).choices[0].text for by in (0, 2))
    assert len(set(penalised)) > len(set(plain))


def test_a_chat(client):
    asked = {"model": "chat", "messages": MESSAGES, "max_completion_tokens": 24, "temperature": 0}
    reply = client.chat.completions.create(**asked)
    (choice,) = reply.choices
    assert choice.message.role == "assistant"
    assert choice.message.content.startswith("```python\n")
    assert choice.message.content.endswith("\n```")
    assert choice.finish_reason in ("stop", "length")
    pieces = list(client.chat.completions.create(**asked, stream=True))
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == choice.message.content
    again = [*MESSAGES, choice.message, {"role": "user", "content": "Now backwards"}]
    longer = client.chat.completions.create(**{**asked, "messages": again})
    assert longer.usage.prompt_tokens > reply.usage.prompt_tokens + 10


def test_a_chat_with_choices_and_chances(client):
    reply = client.chat.completions.create(
        model="chat", messages=MESSAGES, max_tokens=5, n=2, seed=1, logprobs=True, top_logprobs=2
    )
    assert len(reply.choices) == 2
    for choice in reply.choices:
        assert 0 < len(choice.logprobs.content) <= 5
        for token in choice.logprobs.content:
            assert bytes(token.bytes).decode() == token.token
            assert token.token in choice.message.content
            assert len(token.top_logprobs) == 2


def test_the_packages_own_way_to_stream(client):
    asked = {"model": "chat", "messages": MESSAGES, "max_tokens": 200, "seed": 2, "stop": "\n"}
    with client.chat.completions.stream(**asked) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
        assert text == stream.get_final_completion().choices[0].message.content


def running(lab):
    (engine,) = lab.get("sc2/status")["engines"]
    return engine["running"]


def test_a_stream_that_is_closed_ends_the_request(client, lab):
    with client.completions.create(model="ghost", prompt="x", max_tokens=1024, n=4, stream=True, seed=3) as stream:
        next(iter(stream))
        assert running(lab) == 1
    deadline = time.monotonic() + 1
    while running(lab):
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_many_at_once(lab):
    async with openai.AsyncOpenAI(base_url=f"{lab.url}/sc2/v1", api_key=lab.token) as client:
        asked = [client.completions.create(model="ghost", prompt=PROMPT, max_tokens=3, seed=n) for n in range(6)]
        answers = await asyncio.gather(*asked)
    assert len({answer.id for answer in answers}) == 6


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("kind", "changes", "param", "code"),
    [
        (openai.NotFoundError, {"model": "gpt-4"}, "model", "model_not_found"),
        (openai.BadRequestError, {"temperature": 9}, "temperature", "bad_value"),
        (openai.BadRequestError, {"n": 1000}, "n", "too_large"),
        (openai.BadRequestError, {"stop": list("abcde")}, "stop", "too_large"),
        (openai.BadRequestError, {"prompt": "x " * 20_000}, "prompt", "context_length_exceeded"),
        (openai.BadRequestError, {"logit_bias": {"50": 1}}, "logit_bias", "unsupported_parameter"),
        (openai.APIStatusError, {"prompt": "x" * (1 << 20)}, None, "too_big"),
    ],
)
def test_errors(client, kind, changes, param, code, stream):
    with pytest.raises(kind) as caught:
        client.completions.create(**{"model": "ghost", "prompt": "x", "stream": stream, **changes})
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_wrong_key(lab):
    with openai.OpenAI(base_url=f"{lab.url}/sc2/v1", api_key="wrong") as client:
        for ask in (client.models.list, lambda: client.completions.create(model="ghost", prompt="x")):
            with pytest.raises(openai.AuthenticationError) as caught:
                ask()
            assert caught.value.code == "invalid_api_key"


def test_fields_that_nobody_knows(client):
    asked = {"model": "ghost", "prompt": "x", "max_tokens": 1}
    raw = client.completions.with_raw_response.create(**asked, user="me", extra_body={"min_p": 0.1})
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-request-id"] == json.loads(raw.text)["id"]
