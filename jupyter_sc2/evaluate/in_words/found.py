"""What an answer left behind, as checks ask for it: tolerant about names, strict about meaning."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import ModuleType
from typing import Any

from jupyter_sc2.evaluate.in_words import same as compare
from jupyter_sc2.evaluate.in_words.drawn import OFFERED

MAX_ITEMS = 50  # of a list, tuple or dictionary, that are looked at one by one
MIN_DIGITS = 2  # of a rounded number in printed text
_OFFERED = (
    *("names", "text", "values", "frames", "models", "classes"),
    *("has", "has_pairs", "has_column", "tells", "works"),
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w])", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")


class Found:
    """`names` are the notebook's after the answer, `before` those before it.

    `shown` are the objects that were displayed or printed, the last expression among them; `text` is the output.
    """

    def __init__(self, names: Mapping[str, Any], before: Mapping[str, Any], shown: list[Any], text: str) -> None:
        self.names = {name: value for name, value in names.items() if name[0] != "_"}
        self.before, self.shown, self.text = before, shown, text

    def offered(self) -> dict[str, Any]:
        """The names that a check may use."""
        found = {name: getattr(self, name) for name in _OFFERED}
        return {**found, "same": compare.same, **OFFERED}

    def values(self) -> Iterator[Any]:
        """What was shown and what has a name, with the elements of short containers."""
        known = [value for value in self.names.values() if not isinstance(value, ModuleType)]
        for value in (*self.shown, *known):
            yield value
            if isinstance(value, list | tuple | dict) and len(value) <= MAX_ITEMS:
                yield from value.values() if isinstance(value, dict) else value

    def has(self, wanted: Any, ordered: bool = True, rel: float = compare.REL) -> bool:
        """Whether something equals `wanted`; a list may be a column. Without `ordered` rows may have any order."""
        if not ordered:
            return self._has_unordered(wanted, rel)
        return any(compare.same(value, wanted, rel) for value in self._with_columns(wanted))

    def has_pairs(self, wanted: dict[Any, Any], ordered: bool = False, rel: float = compare.REL) -> bool:
        """Whether something has these values by these keys: a dictionary, a series, two columns, printed lines."""
        read = (one for value in self.values() for one in _safely(compare.pairs, value))
        found = any(compare.same_pairs(one, wanted, ordered, rel) for one in read)
        return found or (not ordered and self._has_lines(wanted))

    def has_column(self, name: str, wanted: Any, rel: float = compare.REL) -> bool:
        """Whether a frame has `wanted` in the column, or the index, of that name."""
        tables = (compare.flat(frame) for frame in self.frames())
        return any(name in table.columns and compare.same(table[name], wanted, rel) for table in tables)

    def tells(self, wanted: float, rel: float = compare.REL) -> bool:
        """Whether a value is this number, or printed text has it, rounded to no less than two digits."""
        numbers = (value for value in self.values() if type(value).__name__ not in ("bool", "bool_"))
        return any(compare.same(value, wanted, rel) for value in numbers) or is_in_text(wanted, self.text, rel)

    def frames(self) -> list[Any]:
        return [value for value in self.values() if compare.is_frame(value)]

    def models(self, kind: str) -> list[Any]:
        """Fitted estimators of scikit-learn by the name of their class, and pipelines that end with one."""
        ends = [(value, value.steps[-1][1] if hasattr(value, "steps") else value) for value in self.values()]
        return [
            value
            for value, end in ends
            if type(end).__name__ == kind and any(name[-1] == "_" and name[0] != "_" for name in vars(end))
        ]

    def classes(self) -> list[type]:
        """Those that the answer wrote."""
        return [value for value in self._made() if inspect.isclass(value) and value.__module__ == "__main__"]

    def works(self, test: Callable[[Any], Any]) -> bool:
        """Whether `test` holds for a function that the answer wrote."""
        return any(inspect.isfunction(value) and _holds(test, value) for value in self._made())

    def _made(self) -> list[Any]:
        return [value for name, value in self.names.items() if self.before.get(name) is not value]

    def _with_columns(self, wanted: Any) -> Iterator[Any]:
        for value in self.values():
            yield value
            if compare.is_frame(wanted):
                continue
            if compare.is_frame(value):
                table = compare.flat(value)
                yield from (table.iloc[:, place] for place in range(table.shape[1]))
            elif isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
                yield from map(list, zip(*value, strict=False))
            elif isinstance(value, dict):
                yield from (list(value), list(value.values()))
            elif hasattr(value, "index") and hasattr(value, "iloc"):
                yield value.index

    def _has_unordered(self, wanted: Any, rel: float) -> bool:
        def ranked(value: Any) -> list[Any] | None:
            value = list(value) if isinstance(value, set) else value
            elements = compare.rows(value) if compare.is_frame(value) else compare.items(value)
            return None if elements is None else sorted(elements, key=lambda item: (str(type(item)), repr(item)))

        return any(
            _holds(lambda it: compare.same(ranked(it), ranked(wanted), rel), value)
            for value in self._with_columns(wanted)
        )

    def _has_lines(self, wanted: Mapping[Any, Any]) -> bool:
        """Whether each key has a printed line for itself, with its number."""
        lines = self.text.splitlines()
        names = [re.compile(rf"(?<!\w){re.escape(str(key))}(?!\w)") for key in wanted]
        alone = [line for line in lines if sum(bool(name.search(line)) for name in names) == 1]
        return all(
            any(name.search(line) and is_in_text(value, name.sub("", line)) for line in alone)
            for name, value in zip(names, wanted.values(), strict=True)
        )


def is_in_text(wanted: float, text: str, rel: float = compare.REL) -> bool:
    """Whether a number of the text is `wanted`, or `wanted` rounded to no less than two digits."""
    for number in map(Decimal, _NUMBER.findall(_THOUSANDS.sub("", text))):
        _, digits, exponent = number.as_tuple()
        half = 0.5 * 10.0 ** int(exponent)
        is_rounded = int(exponent) < 0 and len(digits) >= MIN_DIGITS and abs(float(number) - wanted) <= half * 1.001
        if is_rounded or math.isclose(number, wanted, rel_tol=rel):
            return True
    return False


def _holds(test: Callable[[Any], Any], value: Any) -> bool:
    try:
        return bool(test(value))
    except Exception:
        return False


def _safely(read: Callable[[Any], Iterator[Any]], value: Any) -> list[Any]:
    try:
        return list(read(value))
    except Exception:
        return []
