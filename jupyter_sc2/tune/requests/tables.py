"""Tables that requests are about: of familiar subjects, or with columns drawn from lists of words."""

from __future__ import annotations

import random
import re
from pathlib import Path

from msgspec import Struct

_HERE = Path(__file__).parent
_NAMED = re.compile(r"(\w+):([a-z])(?:\(([^)]*)\))?")
WORDS = {
    kind: words.split("|") if "|" in words else words.split()
    for kind, words in (line.split(": ") for line in (_HERE / "words.txt").read_text().splitlines())
}
MADE_UP = 0.4  # share of tables whose columns are drawn: names must be copied, not known by heart


class Column(Struct, frozen=True):
    """`kind`: n a measure, i a whole number, c a category out of `values`, d a date, t a text."""

    name: str
    kind: str
    values: tuple[str, ...] = ()


class Table(Struct, frozen=True):
    name: str
    columns: tuple[Column, ...]

    def of(self, kinds: str) -> list[Column]:
        return [column for column in self.columns if column.kind in kinds]


def _familiar() -> list[tuple[list[str], list[Column]]]:
    """(names, columns) of each line of `domains.txt`."""
    found = []
    for line in (_HERE / "domains.txt").read_text().splitlines():
        names, _, columns = line.partition(" | ")
        split = [Column(n, k, tuple(v.split(",")) if v else ()) for n, k, v in _NAMED.findall(columns)]
        found.append((names.split(), split))
    return found


FAMILIAR = _familiar()


def any_table(rng: random.Random) -> Table:
    if rng.random() < MADE_UP:
        return made_up(rng)
    names, columns = rng.choice(FAMILIAR)
    kept = [column for column in columns if column.kind in "ncd" or rng.random() < 0.8]
    kept = rng.sample(kept, len(kept)) if rng.random() < 0.3 else kept
    name = rng.choice(["df", "df", "df", "data", *names, f"{names[0]}_df"])
    return Table(name, tuple(kept))


def made_up(rng: random.Random) -> Table:
    counts = {"n": rng.randint(3, 5), "i": rng.randint(0, 2), "c": rng.randint(2, 3), "d": 1, "t": rng.randint(0, 1)}
    lists = {"n": "numbers", "i": "numbers", "c": "categories", "d": "dates", "t": "texts"}
    style = rng.choice(STYLES)
    names: dict[str, Column] = {}
    for kind, count in counts.items():
        for word in rng.sample(WORDS[lists[kind]], count):
            if kind in "ni" and rng.random() < 0.2:
                word = f"{rng.choice(('mean', 'max', 'total', 'avg', 'net', 'first', 'last', 'daily'))}_{word}"
            values = tuple(rng.sample(WORDS["values"], rng.randint(2, 4))) if kind == "c" else ()
            name = style(word)
            names.setdefault(name, Column(name, kind, values))
    columns = list(names.values())
    rng.shuffle(columns)
    return Table(frame_name(rng), tuple(columns))


def frame_name(rng: random.Random) -> str:
    name = rng.choice(WORDS["frames"])
    return name if name == "df" or rng.random() < 0.8 else f"{name}_df"


def _snake(word: str) -> str:
    return word.lower()


def _title(word: str) -> str:
    return word.replace("_", " ").title()


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _camel(word: str) -> str:
    first, *rest = word.split("_")
    return first.lower() + "".join(map(str.title, rest))


STYLES = (_snake, _snake, _snake, _snake, _capital, _title, _camel, str.upper)
