"""Nothing is hidden in shown code."""

import pytest

from jupyter_sc2_kernel.magic import _progress
from jupyter_sc2_kernel.show import as_markdown, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 1\n\ty = 2\r\n", "x = 1\n\ty = 2\n"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("overwritten\rby this", "overwritten\\rby this"),
        ("if user != 'a\u202e': pass", "if user != 'a\\u202e': pass"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("mark = '😀é漢'", "mark = '😀é漢'"),
        ("mark = '❤\ufe0f'", "mark = '❤\ufe0f'"),
        ("a\u206ab\u3164c\U000e0041\ufe0f\ufe0f", "a\\u206ab\\u3164c\\U000e0041\ufe0f\\ufe0f"),
        ("\x00\x9b", "\\x00\\x9b"),
    ],
)
def test_hidden_characters(text, shown):
    assert visible(text) == shown


def test_code_cannot_leave_its_fence():
    code = "x = '''\n```\n![](http://evil)\n````\n'''"
    assert as_markdown(code) == f"`````python\n{code}\n`````"


@pytest.mark.parametrize(
    ("event", "line", "share"),
    [
        ({"type": "queued", "position": 2}, "Waiting, number 2 in line.", None),
        ({"type": "loading", "share": 0.43}, "Loading weights, 43%.", 0.43),
        ({"type": "prefill", "done": 5, "total": 10}, "Reading the notebook.", 0.5),
        ({"type": "prefill", "done": 0, "total": 0}, "Reading the notebook.", 0.0),
    ],
)
def test_what_one_waits_for(event, line, share):
    assert _progress(event, "", 100) == (line, share)
    assert _progress({"type": "text", "text": "x"}, "x" * 35, 100) == ("Writing.", 0.1)
    assert _progress({"type": "text", "text": "x"}, "x" * 9999, 100) == ("Writing.", 1.0)
