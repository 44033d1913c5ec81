"""From a family to one request: a notebook, the slots filled, the code that answers."""

from __future__ import annotations

import random

from msgspec import Struct

from jupyter_sc2.messages import Variable
from jupyter_sc2.tune.requests.family import Family, families, filled, slots_of
from jupyter_sc2.tune.requests.imports import bound_names, with_imports
from jupyter_sc2.tune.requests.learning import SCENES, learning
from jupyter_sc2.tune.requests.notebooks import Notebook, glances, imports, known, made_table, read_table, with_table
from jupyter_sc2.tune.requests.slots import COLUMNS, column_slots, other_slots
from jupyter_sc2.tune.requests.tables import WORDS, Column, Table, any_table, frame_name
from jupyter_sc2.tune.requests.things import THINGS, making
from jupyter_sc2.tune.requests.wording import chosen, finished, polite, quoted, quoting

_TABLE = frozenset({"df", "v", "v2", *COLUMNS})
_NAMED_COLUMNS = frozenset({*COLUMNS, "key", "target", "l1", "r1"})

FRESH = {"a": "values", "A": "matrix"}
# Shares: of chats that show the last cell alone; of requests that follow another; of notebooks with a second table.
LAST_ONLY, AGAIN, ANOTHER = 0.35, 0.15, 0.15


class Asked(Struct):
    """`cells` ran before; those `shown`, and `variables` if there is a snapshot, are what the prompt may tell.

    `earlier` are (request, answer) before this one.
    """

    family: str
    cells: list[str]
    shown: list[str]
    tables: list[Table]
    file: Table | None
    variables: list[Variable] | None
    earlier: list[tuple[str, str]]
    request: str
    answer: str


def ask(family: Family, rng: random.Random, snapshot: bool) -> Asked:
    """One request of `family`, as it might be asked in a notebook of a random subject."""
    while True:
        pattern = chosen(rng.choice(family.asks), rng)
        wanted = family.slots | slots_of(pattern)
        found = _scene(family, pattern, wanted, rng)
        if found:
            return _asked(family, pattern, *found, snapshot, rng)


def _scene(
    family: Family, pattern: str, wanted: frozenset[str], rng: random.Random
) -> tuple[Notebook, dict[str, str]] | None:
    """The notebook and all slots; None where the drawn table does not fit."""
    table = any_table(rng)
    if family.scene in SCENES:
        found = learning(family.scene, table, rng)
        columns: dict[str, str] | None = {}
    elif family.scene == "two":
        found, columns = _two_tables(rng), {}
    else:
        named = "df" in slots_of(pattern)
        columns = column_slots(wanted, table, rng)
        found = _plain(family, table, named, wanted, rng)
    if not found or columns is None:
        return None
    notebook, slots = found
    slots = {**slots, **columns}
    taken = {*slots.values(), *(column.name for table in notebook.tables for column in table.columns), "df"}
    slots.update(other_slots(wanted - slots.keys(), taken, rng))
    if "Fresh" in family.flags:  # a name for what is made, unless the request names it
        slots.update({slot: name for slot, name in FRESH.items() if slot not in slots_of(pattern)})
    else:
        notebook.cells += making(slots, wanted & frozenset(THINGS), rng)
    if family.setup:
        notebook.cells.append(with_imports(filled(family.setup, slots), set().union(*map(bound_names, notebook.cells))))
    return notebook, slots


def _plain(
    family: Family, table: Table, named: bool, wanted: frozenset[str], rng: random.Random
) -> tuple[Notebook, dict[str, str]]:
    if family.scene == "new":
        cells = [imports(rng)] if rng.random() < 0.5 else []
        return Notebook(cells, [], file=table), {"df": frame_name(rng) if named else "df"}
    if wanted & _TABLE:
        notebook = with_table(table, rng, "Raw" not in family.flags, "Read" in family.flags)
        if "Cold" in family.flags:
            notebook.hidden = True
        if not notebook.hidden:
            notebook.cells += glances(table, rng)
        other = any_table(rng)
        if named and other.name != table.name and rng.random() < ANOTHER:
            notebook.cells.append(read_table(other, rng))
            notebook.tables.append(other)
        return notebook, {"df": table.name}
    if rng.random() < 0.15 and "Alone" not in family.flags:
        return with_table(table, rng), {}
    imported = imports(rng, rng.choice(("import numpy as np", ""))) if rng.random() < 0.2 else ""
    return Notebook([imported] if imported else [], []), {}


def _two_tables(rng: random.Random) -> tuple[Notebook, dict[str, str]]:
    """Two tables with a key in common."""
    left, right = any_table(rng), any_table(rng)
    names = rng.sample(sorted({*WORDS["frames"], "left", "right", "df1", "df2"} - {"df"}), 2)
    names = rng.choice((names, names, ["df1", "df2"], ["left", "right"], [left.name, "other"]))
    key = rng.choice(("id", "key", "user_id", "customer_id", "code", "product_id", "country_code", "ID"))
    shared = Column(key, "i")
    taken = {column.name for column in left.columns}
    first = Table(names[0], (shared, *left.columns))
    second = Table(names[1], (shared, *(column for column in right.columns if column.name not in taken)))
    write = rng.choice((read_table, read_table, made_table))
    cells = [imports(rng), *(write(table, rng) for table in (first, second))]
    if rng.random() < 0.4:
        cells[1:] = ["\n".join(cells[1:])]
    return Notebook(cells, [first, second]), {"left": names[0], "right": names[1], "key": key}


def _asked(
    family: Family, pattern: str, notebook: Notebook, slots: dict[str, str], snapshot: bool, rng: random.Random
) -> Asked:
    told = snapshot and bool(notebook.cells)
    hidden = notebook.hidden and (told or "df" in slots_of(pattern))  # or nobody could know the table's name
    shown = [] if hidden else notebook.cells
    if shown and not told and rng.random() < LAST_ONLY:
        shown = shown[-1:]
    plain = bool(slots.keys() & _TABLE) and not family.scene and not family.setup
    earlier = _earlier(family, notebook, shown, rng) if plain and rng.random() < AGAIN else []
    visible = bool(notebook.tables) and (told or (notebook.made and shown == notebook.cells))
    request = _request(pattern, slots, visible, rng)
    variables = known(notebook, rng) if told else None
    names = {variable.name for variable in variables or ()}.union(
        *map(bound_names, shown), *(bound_names(code) for _, code in earlier)
    )
    answer = with_imports(filled(family.answer, slots), names)
    tables, file = notebook.tables, notebook.file
    return Asked(family.title, notebook.cells, shown, tables, file, variables, earlier, request, answer)


def _request(pattern: str, slots: dict[str, str], visible: bool, rng: random.Random) -> str:
    """`visible` says that the prompt tells the columns, so that they may be named in other words."""
    style = quoting(rng, visible)
    words = {slot: quoted(text, style) if slot in _NAMED_COLUMNS else text for slot, text in slots.items()}
    return finished(polite(filled(pattern, words), rng), pattern.startswith(("$", "- $")), rng)


def _earlier(family: Family, notebook: Notebook, shown: list[str], rng: random.Random) -> list[tuple[str, str]]:
    """A request about the same table that was answered before."""
    table = notebook.tables[0]
    fitting = [one for one in families() if not (one.scene or one.setup or one.flags or one.changes_table)]
    one = rng.choice([f for f in fitting if f.slots & _TABLE and f.title != family.title])
    pattern = chosen(rng.choice(one.asks), rng)
    wanted = one.slots | slots_of(pattern)
    columns = column_slots(wanted, table, rng)
    if columns is None or wanted & set(THINGS):
        return []
    slots = {"df": table.name, **columns}
    slots.update(other_slots(wanted - slots.keys(), set(slots.values()), rng))
    answer = with_imports(filled(one.answer, slots), set().union(*map(bound_names, shown)))
    return [(_request(pattern, slots, False, rng), answer)]
