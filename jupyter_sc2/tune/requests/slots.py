"""What stands for the `$slots` of a family: columns of the table at hand, names, numbers, colours."""

from __future__ import annotations

import random

from jupyter_sc2.tune.requests.tables import WORDS, Column, Table

# Slots that are columns of the table: their kinds.
COLUMNS = {
    "n": "ni", "n2": "ni", "n3": "ni", "n4": "ni", "c": "c", "c2": "c", "d": "d", "t": "t", "col": "nicdt",
    "col2": "nicdt", "col3": "nicdt",
}  # fmt: skip
_LISTED = {
    "new": "new", "xs": "lists", "xs2": "lists", "words": "words", "text": "texts_names", "dd": "dicts",
    "dd2": "dicts", "a": "arrays", "b": "arrays", "A": "matrices", "B": "matrices", "color": "colors",
    "color2": "colors", "fruit": "fruit", "f": "functions", "model": "models",
}  # fmt: skip
_NUMBERS = {
    "k": (2, 10), "k2": (2, 6), "k3": (2, 5), "rows": (2, 10), "cols": (2, 6), "big": (20, 1000), "seed": (0, 100),
    "bins": (5, 60), "deg": (1, 4), "window": (2, 14), "w": (4, 16), "h": (3, 10), "year": (2015, 2026),
    "year2": (1980, 2014), "dom": (1, 28), "dom2": (10, 28), "days": (1, 90), "i": (0, 5), "width": (1, 5),
    "dec": (0, 4), "pct": (5, 95), "hundred": (50, 500),
}  # fmt: skip
_CHOICES = {
    "q": "0.05 0.1 0.25 0.75 0.9 0.95 0.99",
    "size": "0.1 0.15 0.2 0.25 0.3 0.33 0.4",
    "alpha": "0.1 0.5 1.0 0.01 10",
    "x": "0 1 2 5 10 12 15 18 20 25 30 35 40 50 60 65 75 80 100 120 150 200 250 300 500 1000 0.5 1.5 2.5 3.5 0.1",
    "x2": "15 20 25 30 40 50 60 65 75 80 90 100 150 200 300 400 500 600 750 800 900 1000 1200 1500 2000 5000",
    "factor": "2 10 100 1000 0.5 1.2 0.01 60",
    "sep": "; | :",
    "trees": "50 100 200 300 500",
    "file": "sales data results output report table measurements train customers export summary my_data input survey",
    "png": "plot.png figure.png chart.png out.pdf fig1.png result.svg scatter.png hist.png",
    "path": "notes.txt log.txt data.txt book.txt words.txt report.md input.txt poem.txt readme.txt names.txt",
    "folder": "data results images output notes src reports logs",
    "ext": "csv txt py json png md ipynb",
    "cls": "Rectangle Dog Person Student Car Book Temperature Vector Product Order Item City",
    "rep": "b y ; _ bar new unknown",
}


def column_slots(wanted: frozenset[str], table: Table, rng: random.Random) -> dict[str, str] | None:
    """Columns for the wanted slots, each another one; None where the table lacks them."""
    slots: dict[str, str] = {}
    free = list(table.columns)
    for slot in sorted(wanted & COLUMNS.keys() | ({"c"} if wanted & {"v", "v2"} else set()), key=_tightest):
        fitting = [column for column in free if column.kind in COLUMNS[slot]]
        if not fitting:
            return None
        column = rng.choice(fitting)
        free.remove(column)
        slots[slot] = column.name
        if slot == "c":
            slots.update(_values(column, rng))
    return slots


def _tightest(slot: str) -> tuple[int, str]:
    return len(COLUMNS[slot]), slot


def _values(column: Column, rng: random.Random) -> dict[str, str]:
    values = rng.sample(column.values, 2)
    return {"v": values[0], "v2": values[1]}


def other_slots(wanted: frozenset[str], taken: set[str], rng: random.Random) -> dict[str, str]:
    """Names, numbers and words for what is wanted; names that are `taken` are not drawn."""
    slots: dict[str, str] = {}
    for slot in sorted(wanted):
        if slot in _LISTED:
            names = [word for word in WORDS[_LISTED[slot]] if word not in taken]
            slots[slot] = rng.choice(names)
            taken.add(slots[slot])
        elif slot in _NUMBERS:
            slots[slot] = str(rng.randint(*_NUMBERS[slot]))
        elif slot in _CHOICES:
            words = _CHOICES[slot].split(" ")
            larger = [word for word in words if slot == "x2" and float(word) > float(slots.get("x", 0))]
            slots[slot] = rng.choice(larger or words)
    return slots
