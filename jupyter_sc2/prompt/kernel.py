"""The kernel's names as lines of a script: what a reader of the code could not see. Never values."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence

from jupyter_sc2.messages import Variable
from jupyter_sc2.notebook import mask_secrets

KERNEL_MARK = "{} %% [kernel]"
MAX_LINE, MIN_LINE, MARGIN = 400, 40, 8  # characters

Encode = Callable[[str], Sequence[int]]
_CALLED = frozenset(("function", "type", "builtin_function_or_method", "method", "partial"))


def kernel_block(
    variables: Sequence[Variable],
    wanted: frozenset[str],
    seen: Container[str],
    encode: Encode,
    room: int,
    sign: str = "#",
) -> str:
    """A cell that tells the names that are worth it and fit into `room` ids, in the order of `variables`; or empty.

    `wanted` are names that are about to be used, `seen` those that stand in the prompt already.
    """
    mark = KERNEL_MARK.format(sign)
    room -= len(encode(mark))
    lines: dict[str, str] = {}
    worth = worth_showing(variables, wanted, seen)
    for variable in (variable for variable in worth if variable.type):
        line = _fitting(variable, sign, encode, room)
        if not line:
            break
        room -= len(encode(line))
        lines[variable.name] = line
    told = [lines.pop(variable.name) for variable in variables if variable.name in lines]  # each name once
    if untyped := ", ".join(variable.name for variable in worth if not variable.type):
        line = f"\n{sign} {_cut(mask_secrets(untyped), MAX_LINE)}"
        told += [line] if len(encode(line)) <= room else []
    return mark + "".join(told) if told else ""


def _fitting(variable: Variable, sign: str, encode: Encode, room: int) -> str:
    """The variable's line, of a wide table as many columns as fit; empty when that is too little."""
    line = "\n" + kernel_line(variable, sign)
    count = len(encode(line))
    if count > room:
        limit = len(line) * room // count - MARGIN
        line = "\n" + kernel_line(variable, sign, limit) if limit >= MIN_LINE else ""
    return line if len(encode(line)) <= room else ""


def kernel_line(variable: Variable, sign: str = "#", limit: int = MAX_LINE) -> str:
    """One name in about `limit` characters at most: modules as the import that made them, the rest as a comment.

    Columns are quoted, as code writes them.
    """
    name, kind = variable.name, variable.type
    if kind == "module":
        alone = name == variable.module.partition(".")[0]
        return mask_secrets(f"import {variable.module}" if alone else f"import {variable.module} as {name}")
    if kind in ("function", "type"):
        word = "def" if kind == "function" else "class"
        members = f": {', '.join(variable.members)}" if variable.members else ""
        line = f"{word} {name}{variable.signature}{members}"
    else:
        shape = f" ({', '.join(map(str, variable.shape))})" if variable.shape is not None else ""
        dtype = f" {variable.dtype}" if variable.dtype else ""
        line = f"{name}: {kind}{shape}{dtype}" if kind else name
        named = [
            f"{json.dumps(mask_secrets(column.name), ensure_ascii=False)} {column.dtype}".rstrip()
            for column in variable.columns
        ]
        if named:
            line += ": " + ", ".join(named)
        elif variable.members:
            line += ": " + ", ".join(variable.members)
    return f"{sign} {_cut(mask_secrets(' '.join(line.splitlines())), limit)}"


def _is_honest(variable: Variable) -> bool:
    """A name or module that is no identifier is somebody's text, not code."""
    dotted = variable.module.split(".") if variable.type == "module" else ()
    return all(part.isidentifier() for part in (variable.name, *dotted))


def worth_showing(variables: Sequence[Variable], wanted: frozenset[str], seen: Container[str]) -> list[Variable]:
    """The most useful first: what the cursor's cell uses, then tables, then the newest.

    `seen` are names that stand in the prompt already: of those only what has columns is told, or what is `wanted` and
    has a shape or a signature. Functions and classes of libraries are told when they are wanted: there may be hundreds.
    """

    def told(variable: Variable) -> bool:
        if not _is_honest(variable):
            return False
        wants, called = variable.name in wanted, variable.type in _CALLED
        if called and variable.module != "__main__":
            return wants
        has_more = bool(variable.columns) or (wants and (called or variable.shape is not None))
        return variable.name not in seen or has_more

    def rank(place: int) -> tuple[bool, bool, bool, int]:
        variable = variables[place]
        return variable.name not in wanted, not variable.columns, variable.type in _CALLED, -place

    return [variables[place] for place in sorted(range(len(variables)), key=rank) if told(variables[place])]


def _cut(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    comma = line.rfind(",", 0, limit - 4)
    return f"{line[: comma + 1]} ..." if comma > 0 else line[:limit]
