"""msgspec's validation messages in words for people: the field, and what it must be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import msgspec
from msgspec import inspect

from jupyter_sc2.errors import Sc2Error

_UNKNOWN = re.compile(r"^Object contains unknown field `(.*?)`(?: - at `\$[^`]*`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(\w+)`")
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_PATTERNS = (
    ("{8}", "a UUID"),
    ("0-9a-f", "64 hexadecimal digits in lower case"),
    (r"\w", "1 to 128 letters, digits, or any of . _ : / @ -"),
)


def explain(message: str, kind: type[msgspec.Struct]) -> Sc2Error:
    """The answer to a body that is JSON but not a `kind`; `message` is that of `msgspec.ValidationError`."""
    if unknown := _UNKNOWN.match(message):
        return _unknown_field(unknown[1], kind)
    if missing := _MISSING.match(message):
        return Sc2Error("bad_value", f"`{missing[1]}` is missing.", status=422)
    found = _PATH.search(message)
    path = found[1] if found else ""
    wanted = _type_at(inspect.type_info(kind), path)
    name = path if "[" in path else path.rpartition(".")[2]
    too_large = "<=" in message and not isinstance(_not_null(wanted), inspect.FloatType)
    hint = "The page and the server are of different versions; reload the page." if name == "protocol" else ""
    sentence = f"`{name}` must be {describe(wanted)}."
    return Sc2Error("too_large" if too_large else "bad_value", sentence, hint, status=422)


def describe(wanted: inspect.Type) -> str:
    """`wanted` in words, as they stand after "must be"."""
    match wanted:
        case inspect.Metadata(type=inner):
            return describe(inner)
        case inspect.IntType():
            return "a whole number" + _range(wanted)
        case inspect.FloatType():
            return "a number" + _range(wanted)
        case inspect.StrType(pattern=str(pattern)):
            return next((words for mark, words in _PATTERNS if mark in pattern), "text of another form")
        case inspect.StrType():
            return "text" + ("" if wanted.max_length is None else f" of at most {wanted.max_length} characters")
        case inspect.LiteralType(values=(only,)):
            return str(only)
        case inspect.LiteralType():
            return "one of " + ", ".join(map(str, wanted.values))
        case inspect.ListType():
            return f"a list of {wanted.min_length or 0} to {wanted.max_length} items"
        case inspect.UnionType():
            return " or ".join(describe(each) for each in wanted.types)
        case inspect.NoneType():
            return "null"
        case inspect.BoolType():
            return "true or false"
        case _:
            return "an object"


def _range(wanted: inspect.IntType | inspect.FloatType) -> str:
    low = f" above {wanted.gt:g}" if wanted.gt is not None else f" from {wanted.ge}"
    return f"{low}{' and at most' if wanted.gt is not None else ' to'} {wanted.le}"


def _unknown_field(name: str, kind: type[msgspec.Struct]) -> Sc2Error:
    shown = "".join(c if c.isprintable() and c != "`" else "?" for c in name[:64])
    close = difflib.get_close_matches(name[:64], set(_names(inspect.type_info(kind))), n=1)
    question = f" Did you mean `{close[0]}`?" if close else ""
    return Sc2Error("unknown_field", f"Unknown field `{shown}`.{question}", status=400)


def _names(wanted: inspect.Type) -> Iterator[str]:
    """Every field name within `wanted`."""
    if isinstance(wanted, inspect.StructType):
        for field in wanted.fields:
            yield field.encode_name
            yield from _names(field.type)
    elif isinstance(wanted, inspect.ListType):
        yield from _names(wanted.item_type)


def _type_at(wanted: inspect.Type, path: str) -> inspect.Type:
    """The type at msgspec's `path`, such as `cells[0].sha`."""
    for name in re.findall(r"\w+|\[[^\]]*\]", path):
        if name.startswith("["):
            wanted = next(inner for each in _members(wanted) if (inner := _inner(each)) is not None)
        else:
            fields = next(each.fields for each in _members(wanted) if isinstance(each, inspect.StructType))
            wanted = next(field.type for field in fields if field.encode_name == name)
    return wanted


def _inner(wanted: inspect.Type) -> inspect.Type | None:
    """The type of an item, or of a value by any name."""
    match wanted:
        case inspect.ListType(item_type=inner) | inspect.DictType(value_type=inner):
            return inner
    return None


def _members(wanted: inspect.Type) -> list[inspect.Type]:
    match wanted:
        case inspect.Metadata(type=inner):  # says something for the OpenAPI description only
            return _members(inner)
        case inspect.UnionType(types=types):
            return [member for each in types for member in _members(each)]
    return [wanted]


def _not_null(wanted: inspect.Type) -> inspect.Type:
    return next(each for each in _members(wanted) if not isinstance(each, inspect.NoneType))
