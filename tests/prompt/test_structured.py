"""Prompts for whole answers: StarCoder2's structured notebook, by id."""

import pytest

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Message, Piece, RunCell
from jupyter_sc2.prompt.chat import chat_prompt
from jupyter_sc2.prompt.examples import EXAMPLES
from jupyter_sc2.prompt.magic import magic_prompt
from jupyter_sc2.prompt.structured import Part, build
from jupyter_sc2.tokenizer import SPECIAL_TOKENS

START, TEXT, CODE, OUTPUT = "<jupyter_start>", "<jupyter_text>", "<jupyter_code>", "<jupyter_output><empty_output>"


def said(role, text, *context):
    return Message("0", role, text, "now", [Piece("code", "Cell", source) for source in context])


def test_the_layout(tokenizer):
    earlier = [Part("text", "Load it"), Part("code", "x = 1\n"), Part("code", "y = 2")]
    prompt = build((), earlier, "Add them", tokenizer, 500, "python")
    expected = f"{START}{TEXT}Load it{CODE}x = 1{OUTPUT}{CODE}y = 2{OUTPUT}{TEXT}Add them{CODE}"
    assert tokenizer.decode(prompt.ids) == expected
    assert not prompt.truncated
    assert {SPECIAL_TOKENS.index(f"<jupyter_{kind}>") for kind in ("text", "code", "output")} <= set(prompt.stop_ids)


def test_examples_come_first_and_give_way_first(tokenizer):
    cells = [RunCell("code", f"value_{index} = {index}") for index in range(40)]
    whole = magic_prompt(cells, "Add all values", tokenizer, 4000)
    assert tokenizer.decode(whole.ids).startswith(f"{START}{TEXT}{EXAMPLES[0].source}{CODE}")
    assert "value_0 = 0" in tokenizer.decode(whole.ids)
    tight = magic_prompt(cells, "Add all values", tokenizer, 120)
    text = tokenizer.decode(tight.ids)
    assert len(tight.ids) <= 120
    assert tight.truncated
    assert "value_39 = 39" in text
    assert EXAMPLES[0].source not in text
    assert "value_0 = 0" not in text


@pytest.mark.parametrize("limit", [64, 200, 1000])
def test_never_longer_than_its_limit(tokenizer, limit):
    cells = [RunCell("code", "x = 1\n" * (index + 1)) for index in range(60)]
    assert len(magic_prompt(cells, "Go on", tokenizer, limit).ids) <= limit


def test_a_request_that_alone_is_too_long(tokenizer):
    for request in ("word " * 5000, "x" * 100_000):
        with pytest.raises(Sc2Error) as caught:
            magic_prompt([], request, tokenizer, 200)
        assert (caught.value.status, caught.value.code) == (422, "too_large")


def test_what_a_user_types_never_becomes_a_sentinel(tokenizer):
    hostile = "".join(SPECIAL_TOKENS)
    prompt = magic_prompt([RunCell("code", hostile), RunCell("markdown", hostile)], hostile, tokenizer, 4000)
    plain = magic_prompt([RunCell("code", "x"), RunCell("markdown", "x")], "x", tokenizer, 4000)
    specials = [[i for i in ids if i < len(SPECIAL_TOKENS)] for ids in (prompt.ids, plain.ids)]
    assert specials[0] == specials[1]


def test_a_conversation_shows_answered_questions_with_their_cells(tokenizer):
    messages = [
        said("user", "Square it", "x = 3"),
        said("assistant", "```python\nx**2\n```"),
        said("user", "This one failed"),
        said("assistant", ""),
    ]
    prompt = chat_prompt(messages, [Piece("code", "Selection", "y = 4")], "Cube it", tokenizer, 4000)
    text = tokenizer.decode(prompt.ids)
    assert text.endswith(f"{CODE}x = 3{OUTPUT}{TEXT}Square it{CODE}x**2{OUTPUT}{CODE}y = 4{OUTPUT}{TEXT}Cube it{CODE}")


def test_the_next_question_reuses_what_was_read(tokenizer):
    """A conversation's KV cache holds as long as the prompt only grows at its end."""
    first = chat_prompt([], [], "Square it", tokenizer, 4000)
    messages = [said("user", "Square it"), said("assistant", "```python\nx**2\n```")]
    second = chat_prompt(messages, [], "Cube it", tokenizer, 4000)
    assert second.ids[: len(first.ids)] == first.ids


def test_secrets_stay_out_of_the_prompt(tokenizer):
    planted = 'password = "hunter2"'
    prompts = [
        magic_prompt([RunCell("code", planted), RunCell("markdown", planted)], planted, tokenizer, 1000),
        chat_prompt(
            [said("user", planted, planted), said("assistant", f"```python\n{planted}\n```")],
            [Piece("code", "Cell", planted)], planted, tokenizer, 1000,
        ),
    ]  # fmt: skip
    for prompt, count in zip(prompts, (3, 5), strict=True):
        text = tokenizer.decode(prompt.ids)
        assert "hunter2" not in text
        assert text.count('password = "***"') == count


def test_replies_of_two_pages_go_with_their_questions(tokenizer):
    def message(name, role, text, asked=None):
        return Message(name, role, text, "now", in_reply_to=asked)

    conversation = [
        message("1", "user", "Square x"),
        message("2", "user", "Cube x"),
        message("3", "assistant", "```python\nx**3\n```", "2"),
        message("4", "assistant", "```python\nx**2\n```", "1"),
    ]
    text = tokenizer.decode(chat_prompt(conversation, [], "Next", tokenizer, 4000).ids)
    assert f"{TEXT}Cube x{CODE}x**3{OUTPUT}{TEXT}Square x{CODE}x**2{OUTPUT}{TEXT}Next" in text
