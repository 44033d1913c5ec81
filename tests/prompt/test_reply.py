"""What of an answer in code is kept."""

import pytest

from jupyter_sc2.prompt.reply import CodeReply, FencedReply, whole_statements, without_repetition


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x = [" + "5, " * 80, "x = [5, "),
        ("import numpy as np\n" + "import pandas as pd\n\n" * 15, "import numpy as np\nimport pandas as pd\n"),
        ("x = 1\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 1\n" + "#" * 79, "x = 1\n" + "#" * 79),
        ("x = 1\n# " + "-=" * 100, "x = 1\n# -="),
        ("zeros = [" + "0, " * 40 + "0]", "zeros = [" + "0, " * 40 + "0]"),
        ("zeros = [" + "0, " * 40, "zeros = [" + "0, " * 40),
        ("grid = [\n" + "    [0, 0, 0, 0],\n" * 8, "grid = [\n" + "    [0, 0, 0, 0],\n" * 8),
        ("", ""),
        (" " * 500, " " * 500),
    ],
)
def test_repetition(text, kept):
    assert without_repetition(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x = 1\ny = [1,\n     2", "x = 1"),
        ("def f():\n    return 1\n\ndef g(", "def f():\n    return 1"),
        ("def f():\n    x = 1\n    y =", "def f():\n    x = 1"),
        ("%matplotlib inline\n!ls\nx = 1", "%matplotlib inline\n!ls\nx = 1"),
        ("%%time\nfor x in", "%%time\nfor x in"),
        ("for x in", ""),
        ('"\\d"', '"\\d"'),
        ('msg = ("%d of %d"\n       % (1, 2))\nprint(msg)', 'msg = ("%d of %d"\n       % (1, 2))\nprint(msg)'),
        (
            "files = !ls\nt = %timeit -o f()\nlen?\n?len\nx = 1\ny = (",
            "files = !ls\nt = %timeit -o f()\nlen?\n?len\nx = 1",
        ),
        ("", ""),
    ],
)
def test_whole_statements(text, kept):
    assert whole_statements(text) == kept


def fed(tokenizer, text, language="python"):
    reply = CodeReply(tokenizer, language)
    shown = "".join(reply.feed([token_id]) for token_id in tokenizer.encode(text))
    return reply, shown


def test_everything_is_shown_as_it_comes(tokenizer):
    reply, shown = fed(tokenizer, "mark = '😀'\nprint(mark)")
    assert shown == "mark = '😀'\nprint(mark)"
    assert not reply.finished
    assert reply.kept(complete=True) == shown


def test_an_endless_answer_is_stopped_and_cut(tokenizer):
    reply, shown = fed(tokenizer, "import numpy as np\nx = np.array([" + "1, 2, " * 100)
    assert reply.finished
    assert len(shown) < 300
    assert reply.kept(complete=False) == "import numpy as np"


def test_an_answer_that_ended_by_itself_is_kept_even_if_it_is_wrong(tokenizer):
    reply, _ = fed(tokenizer, "for x in")
    assert reply.kept(complete=True) == "for x in"
    assert reply.kept(complete=False) == ""


def test_other_languages_are_not_parsed(tokenizer):
    reply, _ = fed(tokenizer, "x <- c(1, 2", "R")
    assert reply.kept(complete=False) == "x <- c(1, 2"


def test_a_fence_around_a_reply(tokenizer):
    reply = FencedReply(CodeReply(tokenizer, "Python 3`\n"))
    assert reply.feed(tokenizer.encode("x = 1")) == "```python3\nx = 1"
    assert reply.feed(tokenizer.encode("\ny = 2")) == "\ny = 2"
    assert reply.kept == "```python3\nx = 1\ny = 2\n```"
    assert FencedReply(CodeReply(tokenizer)).kept == ""


def test_a_reply_cannot_leave_its_fence(tokenizer):
    reply = FencedReply(CodeReply(tokenizer))
    reply.feed(tokenizer.encode("x = 1\n```\n<img src=x>"))
    assert reply.finished
    assert reply.kept == "```python\nx = 1\n```"


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_split_character_waits(tokenizer, size):
    """Pieces of `size` ids: nothing half is shown, and nothing whole is held back by what is half."""
    ids = tokenizer.encode("'👩\u200d👧 e\u0301 done 😀")
    half = next(count for count in range(len(ids), 0, -1) if tokenizer.decode(ids[:count]).endswith("\ufffd"))
    reply = CodeReply(tokenizer)
    pieces = [reply.feed(ids[start : min(start + size, half)]) for start in range(0, half, size)]
    assert "".join(pieces).rstrip() == reply.text.rstrip() == "'👩\u200d👧 e\u0301 done"
