"""Which lines of a cell are code."""

from __future__ import annotations

import ast
import re
import warnings

MIN_CHARS = 3  # a hole with fewer visible characters asks nothing
_IPYTHON = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)


def code_lines(source: str, language: str) -> set[int]:
    """Numbers from 0 of the lines that hold code: not blank, no comment, not within a longer string or a docstring."""
    lines = source.split("\n")
    found = {number for number, line in enumerate(lines) if is_code(line, language)}
    return found - _text_lines(source) if language == "python" else found


def is_code(text: str, language: str = "python") -> bool:
    """Whether something of `text` is worth completing: no comment alone, and enough characters."""
    text = text.strip()
    comment = text.startswith("#" if language in ("python", "r", "julia") else ("//", "--", "#"))
    return not comment and len("".join(text.split())) >= MIN_CHARS


def _text_lines(source: str) -> set[int]:
    """Lines of strings over several lines, and of docstrings; none where the cell is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_IPYTHON.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[int] = set()
    for node in ast.walk(tree):
        alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        value = node.value if isinstance(node, ast.Expr) else node
        is_text = isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
        if is_text and isinstance(value, ast.expr):
            first = value.lineno - 1
            found |= set(range(first if alone else first + 1, value.end_lineno or value.lineno))
    return found
