"""Real notebooks, and Python files cut into cells, that are at hand without a network."""

from __future__ import annotations

import ast
import itertools
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.notebook import CELLS
from jupyter_sc2.evaluate.documents import Unreadable, read

ROOT = Path(__file__).parents[2]
# Of Python's standard library (PSF licence): what a notebook might also hold, a page or a few of it.
STANDARD = (
    "bisect", "calendar", "colorsys", "csv", "fnmatch", "fractions", "functools", "glob", "graphlib", "heapq",
    "html/parser", "json/decoder", "json/encoder", "numbers", "queue", "random", "sched", "shelve", "shlex",
    "statistics", "string", "textwrap", "timeit", "wave", "zipapp",
)  # fmt: skip
Cells = list[str]


def notebooks(extra: Path | None = None) -> dict[str, Cells]:
    """Code cells by notebook: this project's, those that installed packages ship, and those in folder `extra`."""
    found = {"benchmarks/notebook.py": [cell for cell in CELLS if cell]}
    packages = Path(sysconfig.get_path("purelib"))
    paths = itertools.chain(
        sorted((ROOT / "docs").glob("*.ipynb")),
        sorted(packages.rglob("*.ipynb")),
        sorted(extra.rglob("*.ipynb")) if extra else (),
    )
    for path in paths:
        try:
            document = read(path, path.name)
        except Unreadable:
            continue
        cells = [cell.source for cell in document.cells if cell.kind == "code" and cell.source.strip()]
        if document.language == "python" and len(cells) > 1:
            found[path.name] = cells
    return found


def standard_library() -> dict[str, Cells]:
    """Modules of the standard library, a cell for each run of top-level statements."""
    folder = Path(sysconfig.get_path("stdlib"))
    files = [folder / f"{name}.py" for name in STANDARD]
    return {f"python{sys.version_info.minor}/{path.stem}": cells_of(path) for path in files if path.is_file()}


def own_sources() -> dict[str, Cells]:
    """This project's modules: the built-in weights never saw them."""
    files = sorted((ROOT / "jupyter_sc2").rglob("*.py"))
    return {str(path.relative_to(ROOT)): cells for path in files if len(cells := cells_of(path)) > 2}


def cells_of(path: Path) -> Cells:
    """Imports and assignments that stand together make one cell; a function or class makes one with its comments."""
    source = path.read_text("utf-8")
    lines, body = source.splitlines(), ast.parse(source).body
    starts = [_start(node) for node in body]
    cells: Cells = []
    for is_definition, group in itertools.groupby(range(len(body)), lambda index: _is_definition(body[index])):
        for part in _parts(list(group), is_definition):
            end = starts[part[-1] + 1] - 1 if part[-1] + 1 < len(body) else len(lines)
            cells.append("\n".join(lines[starts[part[0]] - 1 : end]).rstrip())
    return [cell for cell in cells if cell.strip()]


def _parts(indexes: Sequence[int], single: bool) -> Iterator[Sequence[int]]:
    return ([index] for index in indexes) if single else iter([indexes])


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _start(node: ast.stmt) -> int:
    """The first line, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])
