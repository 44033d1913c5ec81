"""What of an instruct model's answer is shown and kept."""

import itertools

import pytest

from jupyter_sc2.prompt.answer import BlockReply, MarkdownReply, first_block

STOP = "\n### Instruction"


def pieces_of(tokenizer, text, size):
    """The ids of `text` by `size`; without a size, the ids of each character on its own: as many borders as can be."""
    ids = tokenizer.encode(text) if size else [index for sign in text for index in tokenizer.encode(sign)]
    return [ids[start : start + (size or 1)] for start in range(0, len(ids), size or 1)]


def fed(reply, pieces):
    """What is shown, piece by piece, until the reply is finished."""
    shown = []
    for ids in pieces:
        shown.append(reply.feed(ids))
        if reply.finished:
            break
    return shown


@pytest.mark.parametrize("size", [0, 1, 3, 1000])
def test_a_stop_text_is_cut_wherever_its_tokens_end(tokenizer, size):
    answer = "### Not a stop\n\n```python\n### nor this\nx = '😀'\n```\n##"
    reply = MarkdownReply(tokenizer, [STOP])
    shown = fed(reply, pieces_of(tokenizer, f"{answer}{STOP}\nAnd now?", size))
    assert not reply.finished, "the engine stops by itself, and says so"
    assert "".join(shown) == answer
    assert all("### Inst" not in text for text in itertools.accumulate(shown))
    assert reply.kept == answer


def test_what_only_began_like_a_stop_text_is_shown_in_the_end(tokenizer):
    reply = MarkdownReply(tokenizer, [STOP])
    shown = fed(reply, pieces_of(tokenizer, "See\n### Inst", 1))
    assert "".join(shown) == "See"
    assert reply.flush() == "\n### Inst"
    assert reply.kept == "See\n### Inst"


def test_markdown_is_kept_as_it_was_written(tokenizer):
    text = "1. *One*\n\n$$x^2$$\n\n```python\nx\n```\n\nDone. <NAME>"
    reply = MarkdownReply(tokenizer, [STOP])
    assert "".join(fed(reply, [*pieces_of(tokenizer, text[:-6], 1), [34]])) + reply.flush() == text
    assert reply.kept == text


def test_endless_repetition_ends_a_reply(tokenizer):
    reply = MarkdownReply(tokenizer)
    fed(reply, pieces_of(tokenizer, "Yes. " + "I am sure. " * 200, 1))
    assert reply.finished
    assert reply.kept == "Yes. I am sure"


@pytest.mark.parametrize("size", [0, 1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Sure!\n\n```python\nx = 1\nprint(x)\n```\nThat prints x.", "x = 1\nprint(x)"),
        ("```\nx = 1\n```", "x = 1"),
        ("~~~ python\nx = '```'\n~~~\n", "x = '```'"),
        ("````md\n```python\nx\n```\n````\n", "```python\nx\n```"),
        ("1. First\n   ```python\n   if x:\n       y\n   ```\n2. Then\n   ```python\n   z\n   ```\n", "if x:\n    y"),
        ("```python\nx = 1\n\n```\n\n```python\ny = 2\n```\n", "x = 1"),
        ("A line with ``` in it\n```python\ns = '''\n ```python\n'''\n```\n", "s = '''\n ```python\n'''"),
        ("```python\ndef f(", "def f("),
        ("x = 1\nprint(x)", "x = 1\nprint(x)"),
        ("I cannot help with that.", "I cannot help with that."),
    ],
)
def test_the_first_block_is_the_code(tokenizer, answer, code, size):
    reply = BlockReply(tokenizer, "text")
    shown = "".join(fed(reply, pieces_of(tokenizer, answer, size)))
    if not reply.finished:
        shown += reply.flush()
    assert shown.rstrip() == code
    assert reply.kept(complete=True) == code


def test_code_is_shown_while_it_comes(tokenizer):
    reply = BlockReply(tokenizer)
    shown = fed(reply, pieces_of(tokenizer, "Sure:\n```python\nfirst = 1\nsecond = 2\n```\nThere.", 1))
    seen = [text for text in shown if text]
    assert len(seen) > 3
    assert "".join(seen[:2]) in "first = 1\nsecond = 2\n"
    assert reply.finished, "what comes after the block is not waited for"
    assert not any("`" in text or "Sure" in text for text in shown)


@pytest.mark.parametrize("language", ["python", "r"])
def test_the_stop_text_ends_a_block_as_well(tokenizer, language):
    reply = BlockReply(tokenizer, language, [STOP])
    fed(reply, pieces_of(tokenizer, f"```python\nx = 1{STOP}\nNext", 1))
    assert reply.kept(complete=True) == "x = 1"


@pytest.mark.parametrize(
    ("answer", "complete", "kept"),
    [
        ("```python\nx = 1\ny = (\n", False, "x = 1"),
        ("```python\nx = 1\ny = (\n```\n", True, "x = 1"),
        ("```sh\npip install x\n```\n", False, "pip install x"),  # closed: it is what the model meant
        ("```python\nfor x in", False, ""),
        ("x = 1\nSure", True, "x = 1\nSure"),
        ("x = 1\ny = (", False, "x = 1"),
    ],
)
def test_python_is_kept_as_whole_statements(tokenizer, answer, complete, kept):
    reply = BlockReply(tokenizer)
    fed(reply, pieces_of(tokenizer, answer, 1))
    assert reply.kept(complete) == kept


def test_a_block_that_repeats_itself(tokenizer):
    reply = BlockReply(tokenizer)
    fed(reply, pieces_of(tokenizer, "```python\nx = 1\n" + "y = 2\n" * 200, 1))
    assert reply.finished
    assert reply.kept(complete=False) == "x = 1\ny = 2"


def test_an_empty_block():
    assert first_block("```python\n```\nx") == ("", True)
    assert first_block("no block") == first_block("```python") == (None, False)
