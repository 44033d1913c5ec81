"""The kernel's names as lines of a script: what a reader of the code could not see. Never values."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence

from jupyter_sc2.messages import Variable
from jupyter_sc2.notebook import mask_secrets

KERNEL_MARK = "{} %% [kernel]"
MAX_LINE = 400  # characters
_CALLED = frozenset(("function", "type", "builtin_function_or_method", "method", "partial"))


def kernel_block(
    variables: Sequence[Variable],
    wanted: frozenset[str],
    seen: Container[str],
    encode: Callable[[str], Sequence[int]],
    room: int,
    sign: str = "#",
) -> str:
    """A cell that tells the names that are worth it and fit into `room` ids, in the order of `variables`; or empty.

    `wanted` are names that are about to be used, `seen` those that stand in the prompt already.
    """
    mark = KERNEL_MARK.format(sign)
    room -= len(encode(mark))
    lines: dict[str, str] = {}
    for variable in worth_showing(variables, wanted, seen):
        line = "\n" + kernel_line(variable, sign)
        room -= len(encode(line))
        if room < 0:
            break
        lines[variable.name] = line
    return mark + "".join(lines[v.name] for v in variables if v.name in lines) if lines else ""


def kernel_line(variable: Variable, sign: str = "#") -> str:
    """One name. Modules as the import that made them, the rest as a comment; columns quoted, as code writes them."""
    name, kind = variable.name, variable.type
    if kind == "module":
        alone = name == variable.module.partition(".")[0]
        return f"import {variable.module}" if alone else f"import {variable.module} as {name}"
    if kind in ("function", "type"):
        word = "def" if kind == "function" else "class"
        members = f": {', '.join(variable.members)}" if variable.members else ""
        line = f"{word} {name}{variable.signature}{members}"
    else:
        shape = f" ({', '.join(map(str, variable.shape))})" if variable.shape is not None else ""
        dtype = f" {variable.dtype}" if variable.dtype else ""
        line = f"{name}: {kind}{shape}{dtype}" if kind else name
        named = [
            f"{json.dumps(column.name, ensure_ascii=False)} {column.dtype}".rstrip() for column in variable.columns
        ]
        if named:
            line += ": " + ", ".join(named)
        elif variable.members:
            line += ": " + ", ".join(variable.members)
    return f"{sign} {mask_secrets(_cut(line))}"


def worth_showing(variables: Sequence[Variable], wanted: frozenset[str], seen: Container[str]) -> list[Variable]:
    """The most useful first: what the cursor's cell uses, then tables, then the newest.

    `seen` are names that stand in the prompt already: of those only what has columns is told, or what is `wanted` and
    has a shape. Functions and classes of libraries are told when they are wanted: there may be hundreds.
    """

    def told(variable: Variable) -> bool:
        if variable.type in _CALLED and variable.module != "__main__" and variable.name not in wanted:
            return False
        has_shape = variable.name in wanted and variable.shape is not None
        return variable.name not in seen or bool(variable.columns) or has_shape

    def rank(place: int) -> tuple[bool, bool, bool, int]:
        variable = variables[place]
        return variable.name not in wanted, not variable.columns, variable.type in _CALLED, -place

    return [variables[place] for place in sorted(range(len(variables)), key=rank) if told(variables[place])]


def _cut(line: str) -> str:
    if len(line) <= MAX_LINE:
        return line
    return line[: line.rfind(",", 0, MAX_LINE - 5) + 1] + " ..." if "," in line[: MAX_LINE - 5] else line[:MAX_LINE]
