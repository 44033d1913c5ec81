"""Which names a piece of code defines and which it uses: by pattern, since a cell under the cursor seldom parses.

The same patterns serve every language of kernels: `x = ...`, `x <- ...`, `def`, `class`, `function`, `import ... as`.
"""

from __future__ import annotations

import keyword
import re
from functools import lru_cache

from msgspec import Struct

MAX_CHARS = 20_000  # of one cell; what stands beyond is data rather than code

_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
_QUOTED = re.compile(r"#[^\n]*|(\"\"\"|''')(?:.|\n)*?(?:\1|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?")
_ASSIGNED = re.compile(
    r"^[ \t]*(?:(?:const|let|var|local|val)[ \t]+)?"
    r"([^\W\d]\w*(?:[ \t]*,[ \t]*\*?[^\W\d]\w*)*)[ \t]*(?::[^=\n]{1,80})?(?:=(?!=)|<-|:=)",
    re.MULTILINE,
)
_DEFINED = re.compile(r"\b(?:def|class|function|func|fn|struct|type)[ \t]+([^\W\d]\w*)")
_BOUND = re.compile(r"\bfor[ \t]+\(?([^\W\d]\w*(?:[ \t]*,[ \t]*[^\W\d]\w*)*)|\bas[ \t]+([^\W\d]\w*)")
_CHANGED = re.compile(
    r"^[ \t]*([^\W\d]\w*)(?:(?:\[\]|\.\w+|\(\))+[ \t]*|[ \t]*)(?<![=!<>])(?://|\*\*|>>|<<|[-+*/%@&|^])?=(?!=)",
    re.MULTILINE,
)
_IMPORTED = re.compile(
    r"^[ \t]*(?:import[ \t]+([^\n;]+)|from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\(([^)]{0,2000})\)|([^\n;(]+)))",
    re.MULTILINE,
)
_BRACKET = re.compile(r"([(\[{)\]}])")
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
_ALIAS = re.compile(r"([^\W\d][\w.]*)(?:[ \t]+as[ \t]+([^\W\d]\w*))?")
_OTHERS = ("print", "self", "function", "end", "let", "const", "var", "local", "TRUE", "FALSE", "NULL", "nothing")
_KEYWORDS = frozenset((*keyword.kwlist, *_OTHERS))


class Names(Struct, frozen=True):
    """`defines` are names that exist after the code ran, `changes` those of which it sets a part, such as a column.

    `uses` are all names that it mentions, attributes left out.
    """

    defines: frozenset[str]
    changes: frozenset[str]
    uses: frozenset[str]


def names_of(source: str) -> Names:
    """Names of one cell. Text in quotes and comments does not count."""
    return _names(source[:MAX_CHARS])


@lru_cache(maxsize=4096)
def _names(source: str) -> Names:
    code = _QUOTED.sub('""', source)
    statements = _outside_brackets(code)
    defined: set[str] = set(_DEFINED.findall(code))
    for found in (*_ASSIGNED.findall(statements), *map("".join, _BOUND.findall(code))):
        defined.update(_WORD.findall(found))
    for found in _IMPORTED.findall(code):
        defined.update((alias or name.partition(".")[0]) for name, alias in _ALIAS.findall("".join(found)))
    changed = frozenset(_CHANGED.findall(statements)) - defined
    return Names(frozenset(defined - _KEYWORDS), changed - _KEYWORDS, frozenset(_WORD.findall(code)) - _KEYWORDS)


def _outside_brackets(code: str) -> str:
    """`code` with what stands in brackets left out: a keyword argument is no definition. A bracket that is open at the
    end, as under a cursor, hides the rest."""
    kept, depth = [], 0
    for piece in _BRACKET.split(code):
        if piece in _CLOSES:
            depth = max(0, depth - 1)
        if not depth:
            kept.append(piece)
        if piece in _OPENS:
            depth += 1
    return "".join(kept)
