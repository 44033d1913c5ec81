"""Prompts for instruct weights: what stands in the user's turn, and what gives way."""

import pytest
from instruct_weights import CHATML, with_chatml

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Message, Piece, RunCell, Snapshot, Variable
from jupyter_sc2.prompt.chat import instruct_chat_prompt
from jupyter_sc2.prompt.instruct import Exchange, Shown, instruct_prompt
from jupyter_sc2.prompt.magic import instruct_magic_prompt
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

TEMPLATES = ("self-align", "chatml")


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory, tokenizer):
    return Tokenizer(with_chatml(tokenizer.path, tmp_path_factory.mktemp("vocabulary") / "tokenizer.json"))


@pytest.fixture
def text_of(vocabulary):
    return lambda prompt: vocabulary.decode(prompt.ids)


def message(number, role, text, context=(), asked=None):
    pieces = [Piece("code", f"Cell {index}", source) for index, source in enumerate(context, 1)]
    return Message(str(number), role, text, "now", pieces, in_reply_to=asked)


def test_a_conversation_with_its_cells(vocabulary, text_of):
    said = [
        message(1, "user", "Square it", ["x = 3"]),
        message(2, "assistant", "Like this:\n\n```python\nx**2\n```"),
        message(3, "user", "This one failed"),
        message(4, "assistant", ""),
    ]
    context = [Piece("markdown", "Notes", "# Cubes"), Piece("code", "", "y = 4\n"), Piece("code", "Empty", " \n")]
    prompt = instruct_chat_prompt("chatml", said, context, "Cube it\n", vocabulary, 1000)
    assert text_of(prompt) == (
        "<|im_start|>user\nCell 1:\n\n```python\nx = 3\n```\n\nSquare it<|im_end|>\n"
        "<|im_start|>assistant\nLike this:\n\n```python\nx**2\n```<|im_end|>\n"
        "<|im_start|>user\nNotes:\n\n```markdown\n# Cubes\n```\n\n```python\ny = 4\n```\n\nCube it<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert not prompt.truncated
    other = text_of(instruct_chat_prompt("self-align", said, context, "Cube it", vocabulary, 1000))
    assert "```\n\nSquare it\n\n### Response\nLike this:" in other
    assert other.endswith("```python\ny = 4\n```\n\nCube it\n\n### Response\n")


def test_replies_of_two_pages_go_with_their_questions(vocabulary, text_of):
    said = [message(1, "user", "One"), message(2, "user", "Two"), message(3, "assistant", "2", asked="2")]
    said.append(message(4, "assistant", "1", asked="1"))
    text = text_of(instruct_chat_prompt("self-align", said, [], "Three", vocabulary, 1000))
    assert text.index("Two\n\n### Response\n2") < text.index("One\n\n### Response\n1") < text.index("Three")


def test_a_request_of_the_magic(vocabulary, text_of):
    cells = [RunCell("code", "import pandas as pd"), RunCell("markdown", "Read a.csv"), RunCell("code", "df = 1\n")]
    snapshot = Snapshot(3, [Variable("df", "DataFrame", shape=[3, 1])])
    prompt = instruct_magic_prompt("self-align", cells, "Plot df", vocabulary, 1000, "python", snapshot)
    assert text_of(prompt).partition("### Instruction\n")[2] == (
        "```python\nimport pandas as pd\n```\n\n```markdown\nRead a.csv\n```\n\n```python\ndf = 1\n```\n\n"
        "Names in the kernel:\n\n```python\n# %% [kernel]\n# df: DataFrame (3, 1)\n```\n\n"
        "Plot df\n\nAnswer with the code of the notebook's next cell, in one block ```python.\n\n### Response\n"
    )
    assert (prompt.stop, prompt.language) == (("\n### Instruction",), "python")
    assert "one block ```r." in text_of(instruct_magic_prompt("chatml", [], "Plot", vocabulary, 1000, "R"))


def test_a_block_cannot_be_left(vocabulary, text_of):
    shown = (Shown("", "python3`\n", "s = '''\n```\nend\n````\n'''"),)
    prompt = instruct_prompt("chatml", (), Exchange("Go", shown), vocabulary, 500)
    assert "user\n`````python3\ns = '''\n```\nend\n````\n'''\n`````\n\nGo<|im_end|>" in text_of(prompt)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("limit", [64, 100, 200, 400, 1600])
def test_the_oldest_exchanges_give_way_whole(vocabulary, text_of, template, limit):
    earlier = [Exchange(f"question {n}", (), f"answer {n}. " + "word " * (n % 7)) for n in range(40)]
    shown = tuple(Shown(f"Cell {n}", "python", f"x{n} = {n}\n" * 3) for n in range(8))
    prompt = instruct_prompt(template, earlier, Exchange("last question", shown), vocabulary, limit)
    text = text_of(prompt)
    assert len(prompt.ids) <= limit
    assert "last question" in text
    kept = [n for n in range(40) if f"question {n}\n" in text or f"question {n}<" in text]
    assert kept == list(range(40 - len(kept), 40)), "the newest ones"
    assert [n for n in range(40) if f"answer {n}." in text] == kept, "each with its answer"
    cells = [n for n in range(8) if f"Cell {n}:" in text]
    assert cells == list(range(8 - len(cells), 8)), "the nearest ones"
    assert len(cells) == 8 or not kept, "what is shown now counts for more"
    assert prompt.truncated == (len(kept) < 40 or len(cells) < 8)
    assert prompt.truncated == (limit < 1600)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("question", ["word " * 3000, "x" * 100_000])
def test_a_question_that_alone_is_too_long(vocabulary, template, question):
    with pytest.raises(Sc2Error) as caught:
        instruct_prompt(template, (), Exchange(question), vocabulary, 300)
    assert (caught.value.status, caught.value.code) == (422, "too_large")


def test_a_huge_cell_is_left_out_and_the_rest_stays(vocabulary, text_of):
    shown = (Shown("", "python", "x = 1\n" * 50_000), Shown("", "python", "y = 2"))
    prompt = instruct_prompt("chatml", (), Exchange("Go", shown), vocabulary, 300)
    assert "y = 2" in text_of(prompt)
    assert prompt.truncated


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_shown_or_said_becomes_a_sentinel(vocabulary, template):
    def sentinels(text):
        shown = (Shown(text, text, text),)
        earlier = [Exchange(text, shown, text)]
        ids = instruct_prompt(template, earlier, Exchange(text, shown), vocabulary, 4000, system=text).ids
        return [index for index in ids if vocabulary.is_special(index)]

    assert sentinels("".join((*SPECIAL_TOKENS, *CHATML))) == sentinels("x")


def test_secrets_stay_out(vocabulary, text_of):
    planted = 'password = "hunter2"'
    shown = (Shown(planted, "python", planted),)
    prompt = instruct_prompt(
        "chatml", [Exchange(planted, shown, planted)], Exchange(planted, shown), vocabulary, 1000, system=planted
    )
    text = text_of(prompt)
    assert "hunter2" not in text
    assert text.count('password = "***"') == 8


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_next_question_reuses_what_was_read(vocabulary, template):
    """A conversation's KV cache holds as long as the prompt only grows at its end."""
    first = instruct_prompt(template, (), Exchange("Square it"), vocabulary, 1000)
    second = instruct_prompt(template, [Exchange("Square it", (), "x**2")], Exchange("Cube it"), vocabulary, 1000)
    assert second.ids[: len(first.ids)] == first.ids
