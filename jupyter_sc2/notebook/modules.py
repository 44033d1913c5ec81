"""The user's own modules that a notebook imports: which they are, and what of them is worth showing."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from jupyter_sc2.messages import NotebookState
from jupyter_sc2.notebook.cells import SourceCell

MAX_MODULES = 16
MAX_CHARS = 20_000  # of one cell
WHOLE = 800  # characters; a longer module shows what is imported from it, and of the rest the first lines

_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n;#]+)", re.MULTILINE)
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]{0,2000})\)|([^\n;#(]+))", re.MULTILINE)
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Constant: TypeAlias = ast.Assign | ast.AnnAssign


class ContextFile(Struct, frozen=True):
    """A text file that is shown beside the notebook, by its path from the notebook's folder, with `/`."""

    path: str
    source: str


def imported_modules(cells: Sequence[SourceCell]) -> dict[str, frozenset[str]]:
    """Module names, the latest import first, each with the names taken from it. `.` before one leads a folder up, as
    the second dot of a relative import does."""
    found: dict[str, frozenset[str]] = {}
    for cell in reversed(cells):
        if cell.kind != "code" or "import" not in cell.source:
            continue
        source = cell.source[:MAX_CHARS]
        for plain in _IMPORT.findall(source):
            for part in plain.split(","):
                if name := part.split(" as ")[0].strip():
                    found.setdefault(name, frozenset())
        for module, many, few in _FROM.findall(source):
            names = frozenset(part.split(" as ")[0].strip() for part in (many or few).split(",")) - {""}
            name = module.removeprefix(".")
            found[name] = found.get(name, frozenset()) | names
    return dict(list(found.items())[:MAX_MODULES])


def imported_libraries(cells: Sequence[SourceCell], state: NotebookState | None = None) -> tuple[str, ...]:
    """Top-level names of what the cells import, the latest first, then of what else the kernel has imported."""
    known = state.snapshot.variables if state and state.snapshot else []
    names = [*imported_modules(cells), *(one.module for one in known if one.type == "module")]
    tops = (name.partition(".")[0] for name in names if name and not name.startswith("."))
    return tuple(dict.fromkeys(tops))[:MAX_MODULES]


@lru_cache(maxsize=64)
def excerpt(source: str, names: frozenset[str]) -> str:
    """A short module whole. Of a longer one what `names` name, constants first; if that is nothing, all functions and
    classes: their first line and the first of their docstring. Empty for what Python cannot parse."""
    if len(source) <= WHOLE:
        return source.strip("\n")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    lines = source.split("\n")  # as ast counts them
    assigned = [node for node in body if isinstance(node, ast.Assign | ast.AnnAssign) and _names(node) & names]
    constants = dict.fromkeys(_constant(node, lines) for node in assigned)
    defined = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    named = [node for node in defined if node.name in names]
    wanted = named if named or constants else [node for node in defined if not node.name.startswith("_")]
    shown = [_definition(node, lines, whole=node.name in names) for node in wanted]
    return "\n\n\n".join(filter(None, ["\n".join(constants), *shown]))


def _names(node: Constant) -> set[str]:
    """The names that a statement assigns."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    within = [part for target in targets for part in ast.walk(target)]
    return {part.id for part in within if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _constant(node: Constant, lines: Sequence[str]) -> str:
    """Its lines, or where it is long (data) only that there is one."""
    text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    if len(text) <= WHOLE:
        return text
    node.value = ast.Constant(...)
    return ast.unparse(node)


def _definition(node: Definition, lines: Sequence[str], whole: bool) -> str:
    text = lines[(node.decorator_list[0].lineno if node.decorator_list else node.lineno) - 1 : node.end_lineno]
    if whole and sum(map(len, text)) <= WHOLE:
        return "\n".join(text)
    head = _head(node, lines)
    docstring = ast.get_docstring(node) or ""
    if docstring:
        head.append(f'{" " * (node.col_offset + 4)}"""{docstring.splitlines()[0]}"""')
    if isinstance(node, ast.ClassDef):
        methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        shown = [one for one in methods if one.name == "__init__" or not one.name.startswith("_")]
        inner = [line for one in shown for line in (*_head(one, lines), _rest(one))]
        return "\n".join([*head, *(inner or [_rest(node)])])
    return "\n".join([*head, _rest(node)])


def _head(node: Definition, lines: Sequence[str]) -> list[str]:
    """The lines up to the body; of a body on the same line what stands before it."""
    first = node.body[0]
    if first.lineno == node.lineno:
        return [lines[node.lineno - 1].encode()[: first.col_offset].decode().rstrip()]
    return list(lines[node.lineno - 1 : first.lineno - 1])


def _rest(node: Definition) -> str:
    return " " * (node.col_offset + 4) + "..."
