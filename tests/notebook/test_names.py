"""Names that code defines, changes and uses, also code that does not parse."""

import time

import pytest

from jupyter_sc2.notebook import SourceCell, imported_modules, names_of


@pytest.mark.parametrize(
    ("source", "defines"),
    [
        ("x = 1", "x"),
        ("x, *y = 1, 2", "x y"),
        ("x: int = 3", "x"),
        ("x == 3", ""),
        ("f(x=3)", ""),
        ("import numpy as np, os.path", "np os"),
        ("from a.b import c as d, e", "d e"),
        ("from a import (\n    b,\n    c as d,\n)", "b d"),
        ("def f(a): return a", "f"),
        ("class A(B):\n    x = 1", "A x"),
        ("for i, j in pairs:\n    total = i", "i j total"),
        ("with open(p) as file:", "file"),
        ("x <- c(1, 2)\nf <- function(a) a", "x f"),
        ("const x = 1\nlet y = 2", "x y"),
        ("# x = 1\ny = 'z = 2'", "y"),
        ('"""\nx = 1\n"""', ""),
        ("größe = 1", "größe"),
        ("df['a'] = 1", ""),
        ("%timeit x = 1\n!ls", ""),
        ("x = (1,\n     y", "x"),
        ("plt.plot(x,\n  label='a',\n  color='red')", ""),
        ("with open(f) as g, open(h) as k: pass", "g k"),
        ("d = {\n    'a': 1,\n}\nf(x)[0], y = 1, 2\nz = 3", "d z"),
    ],
)
def test_defines(source, defines):
    assert names_of(source).defines == set(defines.split())


def test_changes_are_no_definitions():
    names = names_of("df['a'] = 1\ndf.loc[f(0), 'b'] += 2\ntotal += 1\nmodel.alpha = 2\na == b\nc <= d\nf(x=1)")
    assert (names.changes, names.defines) == ({"df", "total", "model"}, set())


def test_uses_are_names_not_attributes_texts_or_keywords():
    names = names_of("for row in df.groupby('a').mean():  # note\n    print(row + np.pi)")
    assert names.uses == {"row", "df", "np"}


def test_a_cell_of_data_costs_little():
    assert len(names_of("x = [" + "1, " * 2_000_000).uses) == 1


@pytest.mark.parametrize("source", ["x" + "[0]" * 3000, "x[[\n" * 5000, "from a import (\n" * 1250, "x" + ".a" * 9000])
def test_no_source_takes_for_ever(source):
    begun = time.perf_counter()
    names_of(source)
    imported_modules([SourceCell("c", "code", source * 10)])
    assert time.perf_counter() - begun < 2  # it takes a few hundredths
