"""What a person does to a cell's text: other numbers, another name, a line less, a slip of the finger."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

MANY_LINES = 12  # a longer cell is written as several
MIN_PIECE = 4  # lines that a piece has at least
# Inline figures end with their cell.
_PLOT = re.compile(r"\b(plt|pyplot|(ax|axes|axs|fig|cbar)\d*)\b")
_NEW_PLOT = re.compile(r"\b(figure|subplots?|subplot_mosaic)\b")
_SUFFIXES = ("_new", "2", "_all", "_raw", "_v2")


def pieces(source: str) -> list[str]:
    """A long cell cut at blank lines between its statements; any other as it is. Imports and figures stay whole."""
    tree, lines = _parsed(source), source.split("\n")
    if tree is None or len(lines) <= MANY_LINES:
        return [source]
    found, start = [], 0
    for before, statement in pairwise(tree.body):
        text = ast.get_source_segment(source, statement) or ""
        if isinstance(statement, ast.Import | ast.ImportFrom) or (_PLOT.search(text) and not _NEW_PLOT.search(text)):
            continue
        between = range(before.end_lineno or 0, statement.lineno - 1)
        cut = next((number for number in between if not lines[number].strip()), 0)
        if cut - start >= MIN_PIECE:
            found.append("\n".join(lines[start:cut]).strip("\n"))
            start = cut
    return [*found, "\n".join(lines[start:]).strip("\n")]


def bound_names(source: str) -> list[str]:
    """Names that a cell's own statements assign, define or import, in order."""
    found: dict[str, None] = {}
    for statement in getattr(_parsed(source), "body", []):
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found[statement.name] = None
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found |= dict.fromkeys((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
        else:
            names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            found |= dict.fromkeys(node.id for node in names if isinstance(node.ctx, ast.Store))
    return list(found)


def is_setup(source: str) -> bool:
    """Whether a cell only imports and defines: what people like to gather elsewhere."""
    body = getattr(_parsed(source), "body", [])
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return bool(body) and sum(isinstance(node, kinds) for node in body) * 2 > len(body)


def other_numbers(source: str, chance: random.Random) -> str | None:
    """One or two numbers changed; None when there are none worth changing."""
    found = [node for node in _nodes(source) if isinstance(node, ast.Constant) and _is_number(node.value)]
    chosen = chance.sample(found, min(len(found), chance.choice((1, 1, 2))))
    changes = []
    for node in chosen:
        value = node.value
        assert isinstance(value, int | float)
        changes.append((node, _other(value, chance)))
    return _replaced(source, changes) if changes else None


def another_name(source: str, chance: random.Random) -> str | None:
    """A variable of the cell renamed in this cell alone."""
    tree = _parsed(source)
    if tree is None:
        return None
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg | ast.keyword)}
    in_text = {node.id for text in _of(tree, ast.JoinedStr) for node in ast.walk(text) if isinstance(node, ast.Name)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)} - parameters - in_text
    if not stored:
        return None
    old = chance.choice(sorted(stored))
    new = old + chance.choice(_SUFFIXES)
    return _replaced(source, [(node, new) for node in names if node.id == old])


def a_line_less(source: str, chance: random.Random) -> str | None:
    """One of the cell's statements deleted."""
    tree = _parsed(source)
    if tree is None or len(tree.body) < 2:
        return None
    gone = chance.choice(tree.body)
    lines = source.split("\n")
    assert gone.end_lineno is not None
    return _kept("\n".join(lines[: gone.lineno - 1] + lines[gone.end_lineno :]).strip("\n"))


def a_slip(source: str, chance: random.Random) -> str | None:
    """Two letters swapped in a name, an attribute or a key that is looked up when the cell runs."""
    places: list[tuple[ast.expr, str, str]] = []
    for node in _nodes(source):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            places.append((node, "", node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            places.append((node, _text_of(source, node).removesuffix(node.attr), node.attr))
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            key = node.slice.value
            if isinstance(key, str) and _text_of(source, node.slice)[1:-1] == key:
                places.append((node.slice, _text_of(source, node.slice)[:1], key))
    chance.shuffle(places)
    for place, before, word in places:
        swaps = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1] and word[i : i + 2].isalpha()]
        if len(word) > 2 and swaps:
            i = chance.choice(swaps)
            wrong = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
            after = before if isinstance(place, ast.Constant) else ""
            return _replaced(source, [(place, before + wrong + after)])
    return None


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None  # a magic, perhaps


def _kept(source: str) -> str | None:
    return source if source.strip() and _parsed(source) else None


def _of(tree: ast.AST, kind: type[ast.JoinedStr]) -> list[ast.JoinedStr]:
    return [node for node in ast.walk(tree) if isinstance(node, kind)]


def _nodes(source: str) -> list[ast.expr]:
    """Expressions that run with the cell: not those within functions, and not in f-strings, whose places are vague."""

    def walk(node: ast.AST) -> Iterator[ast.expr]:
        if isinstance(node, ast.expr):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                yield from walk(child)

    tree = _parsed(source)
    return [] if tree is None else [node for node in walk(tree) if node.lineno == node.end_lineno]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, 1)


def _other(value: int | float, chance: random.Random) -> str:
    if isinstance(value, int):
        return str(max(1, chance.choice((value - 1, value + 1, value * 2, value // 2, value + 5))))
    return f"{value * chance.choice((0.5, 0.9, 1.2, 2.0)):.4g}"


def _text_of(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ""


def _replaced(source: str, changes: Sequence[tuple[ast.expr, str]]) -> str | None:
    """The source with each expression's text replaced. Python counts columns in bytes of UTF-8."""
    lines = [line.encode() for line in source.split("\n")]
    for node, text in sorted(changes, key=lambda change: (-change[0].lineno, -change[0].col_offset)):
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
    changed = b"\n".join(lines).decode()
    return None if changed == source else _kept(changed)
