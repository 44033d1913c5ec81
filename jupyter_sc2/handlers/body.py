"""Bytes of a request into one of our structs, strictly, with every refusal a sentence that does not echo the body."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.explain import explain

T = TypeVar("T", bound=msgspec.Struct)

MAX_SCANNED_TOKENS = 20_000
LONG_INTEGER = 40  # digits; longer ones are beyond every bound and not worth their conversion
MAX_EXACT = 2**53  # larger numbers with a fraction are not exact
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class _Repeated(Exception):
    """A name stands twice in one object."""


class _NotANumber(Exception):
    """NaN or Infinity, which JSON does not have."""


def parse(raw: dict[str, Any], kind: type[T]) -> T:
    """Raises Sc2Error 400 `unknown_field`, 422 `bad_value` or 422 `too_large`."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise explain(str(error), kind) from None


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises Sc2Error 400 `bad_json` or `bad_text`."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Sc2Error("bad_text", "The request is not valid UTF-8.", status=400) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_number
        )
    except json.JSONDecodeError as error:
        _refuse("", error.lineno, error.colno)
    except _Repeated:
        _refuse(": a name is repeated", *_place_of_repeated(text))
    except _NotANumber as found:
        _refuse(": it has no NaN or Infinity", *_place_of_word(text, str(found)))
    except RecursionError:
        _refuse(": it is nested too deeply")
    if not isinstance(value, dict):
        _refuse(": an object is expected", 1, 1)
    if "\\u" in text:
        _check_text(value)
    return value


def _refuse(why: str, line: int = 0, column: int = 0) -> NoReturn:
    place = f" (line {line}, column {column})" if line else ""
    raise Sc2Error("bad_json", f"The request is not valid JSON{why}{place}.", status=400)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Repeated
    return found


def _no_constant(name: str) -> NoReturn:
    raise _NotANumber(name)


def _integer(digits: str) -> int:
    return int(digits[:LONG_INTEGER])


def _number(digits: str) -> int | float:
    """JSON has one kind of numbers: 16.0 is a whole one."""
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) <= MAX_EXACT else number


def _place_of_repeated(text: str) -> tuple[int, int]:
    """Line and column of the first repeated name, from 1; zeros when it lies too far in."""
    stack: list[set[str]] = []
    name, name_at = None, 0
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count > MAX_SCANNED_TOKENS:
            break
        piece = token[0]
        if piece in "{[":
            stack.append(set())
        elif piece in "}]" and stack:
            stack.pop()
        elif piece == ":" and name is not None and stack:
            if name in stack[-1]:
                return _line_and_column(text, name_at)
            stack[-1].add(name)
        name, name_at = (json.loads(piece, strict=False), token.start()) if piece[0] == '"' else (None, 0)
    return 0, 0


def _place_of_word(text: str, word: str) -> tuple[int, int]:
    """Line and column of `word` outside strings, from 1; zeros when it lies too far in."""
    for count, token in enumerate(_TOKEN.finditer(text)):
        if token[0] == word:
            return _line_and_column(text, token.start())
        if count > MAX_SCANNED_TOKENS:
            break
    return 0, 0


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _check_text(value: object) -> None:
    """Refuses lone surrogates and NUL, which JSON can only spell as escapes."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and ("\0" in item or (not item.isascii() and _has_surrogate(item))):
            message = "The request holds a character that is not text (NUL or half of a surrogate pair)."
            raise Sc2Error("bad_text", message, status=400)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
