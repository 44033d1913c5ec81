"""What a kernel might know of a training notebook, read off its code: the notebooks themselves were never run.

Types are guessed from how a name was made and is used. A table gets the columns that the whole notebook asks it for,
also those that are hidden. So a model learns to look at the kernel's names, which it will see in the same form.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Sequence

from jupyter_sc2.messages import CellRun, Column, NotebookState, Snapshot, Variable
from jupyter_sc2.notebook import SourceCell, names_of

RAN, OUT_OF_ORDER = 0.92, 0.2  # shares of cells above that ran; of notebooks that ran in another order
MAX_COLUMNS = 24
_COLUMN = re.compile(r"\b([^\W\d]\w*)\[\[?[\"']([^\"'\n]{1,40})[\"']")
_MADE_BY = re.compile(r"^[ \t]*([^\W\d]\w*)[ \t]*=[ \t]*([^\n]{1,200})", re.MULTILINE)
_ALIAS = re.compile(r"^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?", re.MULTILINE)
_CALL = re.compile(r"(?:[\w.]+\.)?([A-Z]\w+)\(")
_LITERALS = (
    (r"-?\d+$", "int"),
    (r"-?\d*\.\d+", "float"),
    (r"[\"']", "str"),
    (r"\[", "list"),
    (r"\{", "dict"),
    (r"\(", "tuple"),
)
_DTYPES = ("float64", "int64", "object", "float64", "int64", "bool", "datetime64[ns]", "category")


def imagine(cells: Sequence[SourceCell], cursor_cell: int, outputs: Sequence[str], rng: random.Random) -> NotebookState:
    """A state in which most cells above the cursor's ran. `outputs` are texts by cell, empty for none."""
    ran = [i for i in range(cursor_cell) if cells[i].kind == "code" and rng.random() < RAN]
    order = list(range(1, len(ran) + 1))
    if rng.random() < OUT_OF_ORDER:
        rng.shuffle(order)
    runs = [CellRun(cells[i].id, n, cells[i].sha, outputs[i][:2000]) for i, n in zip(ran, order, strict=True)]
    return NotebookState(runs, Snapshot(len(ran), variables([cell.source for cell in cells], ran, rng)))


def variables(sources: Sequence[str], ran: Sequence[int], rng: random.Random) -> list[Variable]:
    """Names that the cells `ran` define, with types that their code suggests."""
    columns: dict[str, dict[str, None]] = {}
    for name, column in (found for source in sources for found in _COLUMN.findall(source)):
        columns.setdefault(name, {})[column] = None
    found: dict[str, Variable] = {}
    for source in (sources[i] for i in ran):
        made = dict(_MADE_BY.findall(source))
        for known in [*_imports(source), *_definitions(source)]:
            found[known.name] = known
        for name in sorted(names_of(source).defines - found.keys()):
            if guessed := _guess(name, made.get(name, ""), list(columns.get(name, ())), rng):
                found[name] = guessed
    return list(found.values())


def _imports(source: str) -> list[Variable]:
    return [Variable(alias or name.partition(".")[0], "module", name) for name, alias in _ALIAS.findall(source)]


def _definitions(source: str) -> list[Variable]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.append(Variable(node.name, "function", "__main__", signature=_signature(node.args)))
        elif isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            members = [one.name for one in methods if not one.name.startswith("_")][:50]
            made = next((_signature(one.args, 1) for one in methods if one.name == "__init__"), "()")
            found.append(Variable(node.name, "type", "__main__", signature=made, members=members))
    return found


def _signature(arguments: ast.arguments, skip: int = 0) -> str:
    """As the kernel's snapshot writes it: `(path, sep=..., *rest)`."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = len(plain) - len(arguments.defaults)
    parts = [one.arg + ("=..." if i >= defaults else "") for i, one in enumerate(plain)][skip:]
    parts += [f"*{arguments.vararg.arg}"] if arguments.vararg else ["*"] if arguments.kwonlyargs else []
    parts += [
        one.arg + ("=..." if value else "")
        for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    parts += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return f"({', '.join(parts)})"[:500]


def _guess(name: str, made: str, columns: list[str], rng: random.Random) -> Variable | None:
    """None where nothing tells the type."""
    rows = rng.choice((10, 100, 150, 344, 1000, rng.randrange(2, 100_000)))
    if columns and not made.startswith("{"):
        rng.shuffle(columns)
        named = [Column(column, rng.choice(_DTYPES)) for column in columns[:MAX_COLUMNS]]
        return Variable(name, "DataFrame", "pandas", [rows, len(named)], columns=named)
    for pattern, kind in _LITERALS:
        if re.match(pattern, made):
            shape = [rng.randrange(1, 50)] if kind in ("list", "dict", "tuple") else None
            return Variable(name, kind, shape=shape)
    if re.match(r"(np|numpy|jnp|rng)\.", made):
        shape = [rows] if rng.random() < 0.5 else [rows, rng.randrange(1, 30)]
        return Variable(name, "ndarray", "numpy", shape, rng.choice(("float64", "int64", "bool")))
    if call := _CALL.match(made):
        return Variable(name, call[1], "")
    return None
