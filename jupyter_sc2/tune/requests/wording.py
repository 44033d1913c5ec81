"""One request in many wordings: alternatives in brackets, courtesies, and how people write a column's name."""

from __future__ import annotations

import random
import re

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_POLITE = (
    "please {}", "{} please", "can you {}?", "could you {}?", "I want to {}", "I need to {}", "I'd like to {}",
    "how do I {}?", "how can I {}?", "how to {}", "help me {}", "write code to {}", "write code that will {}",
    "give me code to {}", "now {}", "let's {}", "next, {}", "code to {}", "show me how to {}", "then {}", "ok, {}",
)  # fmt: skip
PLAIN = 0.66  # share of imperatives that stay as they are


def chosen(pattern: str, rng: random.Random) -> str:
    """`pattern` with one alternative of each `[a|b|]`, the innermost first."""
    while found := _ALTERNATIVES.search(pattern):
        pattern = pattern[: found.start()] + rng.choice(found[1].split("|")) + pattern[found.end() :]
    return re.sub(r" +(?=[?,:])", "", " ".join(pattern.split()))


def polite(ask: str, rng: random.Random) -> str:
    """Questions end in `?`, headings begin with `- `; all else are imperatives, which take a courtesy."""
    if ask.startswith("- "):
        ask = ask[2:]
    elif not ask.endswith("?") and rng.random() > PLAIN:
        ask = rng.choice(_POLITE).format(ask)
    return ask


def finished(request: str, begins_with_name: bool, rng: random.Random) -> str:
    """Upper or lower case at the beginning, names left as they are; with or without a full stop."""
    first = request.split(" ")[0]
    if first.isalpha() and first.islower() and not begins_with_name and rng.random() < 0.5:
        request = request[0].upper() + request[1:]
    if request[-1].isalnum() and rng.random() < 0.3:
        request += "."
    return request[:-1] if request.endswith("?") and rng.random() < 0.15 else request


def quoting(rng: random.Random, spoken: bool) -> str:
    """How this request writes names of columns; `spoken` allows words instead of the exact name."""
    styles = ["{}"] * 10 + ['"{}"'] * 3 + ["'{}'"] * 3 + ["`{}`"] * 2 + ["spoken"] * 5 * spoken
    return rng.choice(styles)


def quoted(name: str, style: str) -> str:
    return in_words(name) if style == "spoken" else style.format(name)


def in_words(name: str) -> str:
    """`sepal_length` or `sepalLength` as people say it: `sepal length`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ")).lower()
