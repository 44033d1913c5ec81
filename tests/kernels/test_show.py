"""Nothing is hidden in shown code."""

import pytest

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
        ("\x00\x9b", "\\x00\\x9b"),
    ],
)
def test_hidden_characters(text, shown):
    assert visible(text) == shown


def test_code_cannot_leave_its_fence():
    code = "x = '''\n```\n![](http://evil)\n````\n'''"
    assert as_markdown(code) == f"`````python\n{code}\n`````"
