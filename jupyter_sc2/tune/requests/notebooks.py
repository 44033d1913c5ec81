"""Notebooks before a request: the cells that make what it is about, and what the kernel knows then."""

from __future__ import annotations

import json
import random

from msgspec import Struct

from jupyter_sc2.messages import Column as KnownColumn
from jupyter_sc2.messages import Variable
from jupyter_sc2.tune.imagined import variables as imagined
from jupyter_sc2.tune.requests.tables import WORDS, Column, Table

ALIASES = ("import pandas as pd", "import numpy as np", "import matplotlib.pyplot as plt")
HIDDEN, MADE = 0.12, 0.3  # shares of tables whose cells are not shown; that are made in the notebook


class Notebook(Struct):
    """`cells` make `tables`; `hidden` says that the prompt does not show them.

    `file` is the table in files that are yet to be read.
    """

    cells: list[str]
    tables: list[Table]
    hidden: bool = False
    made: bool = False
    file: Table | None = None


def with_table(table: Table, rng: random.Random, parsed: bool = True, only_read: bool = False) -> Notebook:
    if not only_read and rng.random() < MADE:
        return Notebook(_joined([imports(rng)], made_table(table, rng, parsed), rng), [table], made=True)
    cells = _joined([imports(rng)], read_table(table, rng, parsed), rng)
    return Notebook(cells, [table], hidden=rng.random() < HIDDEN)


def imports(rng: random.Random, first: str = "import pandas as pd") -> str:
    lines = [line for line in ALIASES if line == first or rng.random() < 0.35]
    rng.shuffle(lines) if rng.random() < 0.2 else None
    return "\n".join(lines)


def _joined(before: list[str], cell: str, rng: random.Random) -> list[str]:
    """The imports in a cell of their own, or together with what follows."""
    return [*before, cell] if rng.random() < 0.5 else ["\n".join(before) + rng.choice(("\n", "\n\n")) + cell]


def read_table(table: Table, rng: random.Random, parsed: bool = True) -> str:
    folder = rng.choice(("", "", "", "data/"))
    stem = rng.choice((table.name, table.name, "data", *WORDS["frames"])).removesuffix("_df").replace("df", "data")
    dates = [column.name for column in table.of("d")]
    if dates and parsed and rng.random() < 0.6:
        return f'{table.name} = pd.read_csv("{folder}{stem}.csv", parse_dates={json.dumps(dates)})'
    lines = [f'{table.name} = pd.read_csv("{folder}{stem}.csv")']
    if parsed:
        lines += [f'{table.name}["{name}"] = pd.to_datetime({table.name}["{name}"])' for name in dates]
    return "\n".join(lines)


def made_table(table: Table, rng: random.Random, parsed: bool = True) -> str:
    size = rng.randint(5, 7)
    lines = [f"    {json.dumps(column.name)}: {_values(column, size, parsed, rng)}," for column in table.columns]
    return f"{table.name} = pd.DataFrame({{\n" + "\n".join(lines) + "\n})"


def _values(column: Column, size: int, parsed: bool, rng: random.Random) -> str:
    if column.kind == "d":
        year, month = rng.randint(2015, 2025), rng.randint(1, 12)
        if parsed:
            return f'pd.date_range("{year}-{month:02}-01", periods={size})'
        return json.dumps([f"{year}-{month:02}-{day + 1:02}" for day in range(size)])
    if column.kind == "n":
        scale = rng.choice((1, 10, 100))
        return str([round(rng.random() * scale + 0.1, 2) for _ in range(size)])
    if column.kind == "i":
        return str([rng.randint(1, rng.choice((5, 40, 100))) for _ in range(size)])
    pool = column.values or tuple(WORDS["fruit"])
    first = list(pool[:size]) + [rng.choice(pool) for _ in range(size - len(pool))]
    return json.dumps(first, ensure_ascii=False)


def glances(table: Table, rng: random.Random) -> list[str]:
    """Cells that only look."""
    name, measures = table.name, [column.name for column in table.of("ni")]
    looks = [f"{name}.head()", f"{name}.info()", f"{name}.shape", f"{name}.describe()", f"{name}.columns", name]
    looks += [f'{name}["{column.name}"].value_counts()' for column in table.of("c")]
    looks += [f'{name}["{column}"].mean()' for column in measures]
    return rng.sample(looks, rng.choice((0, 0, 0, 1, 1, 2)))


def known(notebook: Notebook, rng: random.Random) -> list[Variable]:
    """The kernel's names as its snapshot tells them."""
    tables = {table.name: table for table in notebook.tables}
    new = rng.random() < 0.5  # pandas 3 or 2
    found = imagined(notebook.cells, range(len(notebook.cells)), rng)
    return [_told(tables[v.name], notebook.made, new, rng) if v.name in tables else v for v in found]


def _told(table: Table, made: bool, new: bool, rng: random.Random) -> Variable:
    text, dated = ("str", "datetime64[us]") if new else ("object", "datetime64[ns]")
    dtypes = {"n": "float64", "i": "int64", "c": text, "t": text, "d": dated}
    columns = [KnownColumn(column.name, dtypes[column.kind]) for column in table.columns]
    rows = rng.randint(5, 7) if made else rng.choice((150, 344, 1000, rng.randint(50, 90_000)))
    return Variable(table.name, "DataFrame", "pandas", [rows, len(columns)], columns=columns)
