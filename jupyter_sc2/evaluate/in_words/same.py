"""Whether two values mean the same: a list and a column, an index and a column, 3 and 3.0000001."""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Number
from typing import Any

REL = 1e-6
MAX_COLUMNS = 12

Pairs = list[tuple[Any, Any]]


def same(found: Any, wanted: Any, rel: float = REL) -> bool:
    """Dictionaries are found as series, two columns or pairs; frames may have their index as columns."""
    try:
        return _same(found, wanted, rel)
    except Exception:  # an object that cannot be compared is another one
        return False


def is_frame(value: Any) -> bool:
    """Whether it is a pandas DataFrame; pandas may not be imported at all."""
    return type(value).__name__ == "DataFrame" and hasattr(value, "iloc")


def flat(frame: Any) -> Any:
    """The frame with a meaningful index as columns, and without levels of columns that say nothing."""
    frame = frame.copy()
    for level in reversed(range(frame.columns.nlevels)):
        if frame.columns.nlevels > 1 and len(set(frame.columns.get_level_values(level))) == 1:
            frame.columns = frame.columns.droplevel(level)
    index = frame.index
    is_count = index.nlevels == 1 and index.name is None and index.inferred_type == "integer"
    repeats = any(name in frame.columns for name in index.names)
    return frame.reset_index(drop=is_count or repeats)


def rows(frame: Any) -> list[tuple[Any, ...]]:
    """Each row as a tuple, its columns in the order of their names."""
    frame = flat(frame)
    frame.columns = [str(name) for name in frame.columns]
    return list(zip(*(items(frame[name]) for name in sorted(frame.columns)), strict=True))


def items(value: Any) -> list[Any] | None:
    """A sequence's elements; None for what is none."""
    if is_frame(value):
        return [items(row) for row in value.to_numpy()]
    if hasattr(value, "tolist") and getattr(value, "ndim", 1) > 0:
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if kind == "M" and not hasattr(value, "array"):  # numpy's nanoseconds would become numbers
            value = value.astype("datetime64[us]")
        return list(value.tolist())
    return list(value) if isinstance(value, list | tuple) else None


def pairs(value: Any) -> Iterator[Pairs]:
    """Every way to read keys and values from it."""
    if isinstance(value, dict):
        yield list(value.items())
    elif is_frame(value):
        table = flat(value).iloc[:, :MAX_COLUMNS]
        columns = [items(table.iloc[:, place]) or [] for place in range(table.shape[1])]
        yield from (list(zip(a, b, strict=True)) for a in columns for b in columns if a is not b)
    elif hasattr(value, "index") and hasattr(value, "iloc"):
        yield list(zip(value.index.tolist(), items(value) or [], strict=True))
    elif isinstance(value, list) and all(isinstance(item, tuple) and len(item) == 2 for item in value):
        yield value


def same_pairs(found: Pairs, wanted: dict[Any, Any], ordered: bool = False, rel: float = REL) -> bool:
    """Whether they have the same keys with the same values; `ordered`: in this order."""
    if len(found) != len(wanted):
        return False
    if ordered:
        return same(found, list(wanted.items()), rel)
    return all(any(same(a, key, rel) and same(b, value, rel) for a, b in found) for key, value in wanted.items())


def _same(found: Any, wanted: Any, rel: float) -> bool:
    if isinstance(wanted, dict):
        return any(same_pairs(read, wanted, rel=rel) for read in pairs(found))
    if is_frame(wanted):
        return is_frame(found) and _names(found) == _names(wanted) and _same(rows(found), rows(wanted), rel)
    elements = items(wanted)
    if elements is not None:
        others = items(found)
        if others is not None and elements and items(elements[0]) is None and _is_thin(found):
            others = items(found.reshape(-1))
        return (
            others is not None
            and len(others) == len(elements)
            and all(_same(a, b, rel) for a, b in zip(others, elements, strict=True))
        )
    if _is_missing(wanted):
        return _is_missing(found)
    if isinstance(wanted, Number) or hasattr(wanted, "dtype"):
        is_number = isinstance(found, Number) or getattr(found, "shape", None) == ()
        return is_number and math.isclose(found, wanted, rel_tol=rel, abs_tol=1e-9)
    return bool(found == wanted)


def _names(frame: Any) -> list[str]:
    return sorted(str(name) for name in flat(frame).columns)


def _is_thin(value: Any) -> bool:
    """Whether it is an array of one row or one column."""
    return hasattr(value, "reshape") and getattr(value, "ndim", 1) == 2 and 1 in value.shape


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Number) and value != value
