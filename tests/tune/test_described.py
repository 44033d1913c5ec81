"""Described functions as requests."""

import random

from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer
from jupyter_sc2.tune.described import described, pairs, sentence
from jupyter_sc2.tune.documents import Document

SOURCE = '''import math


def area(radius):
    """Return the area of a circle.

    radius : float
    """
    return math.pi * radius**2


def odd(values):
    """An odd one."""
    return values


def near(x):
    """Compute the nearest of all known points."""
    return helper(x)


def _hidden(x):
    """Return the value unchanged, as it is."""
    return x
'''


def test_functions_that_say_what_they_do_become_requests() -> None:
    found = list(pairs(SOURCE, random.Random(0)))
    assert [code for _, code in found] == ["import math\n\ndef area(radius):\n    return math.pi * radius**2"]
    assert "the area of a circle" in found[0][0]


def test_sentences() -> None:
    assert sentence("Returns the\n    largest item. And more.") == "Returns the largest item"
    assert sentence("The largest item of all.") == ""
    assert sentence("Returns ``x`` of the largest item.") == "Returns x of the largest item"
    assert sentence("Returns <x> of the largest item.") == ""


def test_the_modules_own_imports_come_along() -> None:
    source = '''from os import path as p
from .mine import helper


def exists(name):
    """Return whether the file exists."""
    return p.exists(name)
'''
    ((_, code),) = pairs(source, random.Random(0))
    assert code == "from os import path as p\n\ndef exists(name):\n    return p.exists(name)"


def test_rows(tokenizer: Tokenizer) -> None:
    (row,) = described([Document("a", "b.py", SOURCE)], tokenizer, 0)
    assert row[0] == SPECIAL_ID["<jupyter_start>"]
    assert row[-3] == SPECIAL_ID["<jupyter_output>"]
