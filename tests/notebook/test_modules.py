"""The user's own modules: which are imported, and what of them is shown."""

import ast

from jupyter_sc2.messages import NotebookState, Snapshot, Variable
from jupyter_sc2.notebook import SourceCell, excerpt, imported_libraries, imported_modules


def test_imports_of_all_cells_the_latest_first():
    sources = [
        "import numpy as np, helper",
        "from tools.io import load as l, save\nx = 1",
        "from .near import (\n  a,\n  b)",
    ]
    cells = [SourceCell(f"c{i}", "code", source) for i, source in enumerate(sources)]
    cells.append(SourceCell("m", "markdown", "import nothing"))
    assert list(imported_modules(cells).items()) == [
        ("near", {"a", "b"}),
        ("tools.io", {"load", "save"}),
        ("numpy", set()),
        ("helper", set()),
    ]


def test_libraries_of_cells_and_of_the_kernel():
    cells = [
        SourceCell("a", "code", "import matplotlib.pyplot as plt"),
        SourceCell("b", "code", "from pandas import cut"),
    ]
    known = [
        Variable("np", "module", "numpy"),
        Variable("pd", "module", "pandas"),
        Variable("df", "DataFrame", "pandas"),
    ]
    state = NotebookState([], Snapshot(1, known))
    assert imported_libraries(cells, state) == ("pandas", "matplotlib", "numpy")
    assert imported_libraries(cells) == ("pandas", "matplotlib")
    assert imported_libraries([]) == ()


def test_relative_imports_keep_the_dots_that_lead_up():
    source = "from .near import a\nfrom ..pkg import b\nfrom ...far.io import c"
    found = imported_modules([SourceCell("c", "code", source)])
    assert found == {"near": {"a"}, ".pkg": {"b"}, "..far.io": {"c"}}


LONG = (
    'import os\n\ndef load(path, sep=","):\n    """Reads a table.\n\n    At length."""\n    return path\n\n'
    "class Model:\n    def __init__(self, a): pass\n    def fit(self, x): pass\n    def _hidden(self): pass\n\n"
    "def _private(): pass\n" + "# filler\n" * 200
)


def test_a_short_module_is_whole():
    assert excerpt("x = 1\n", frozenset()) == "x = 1"


def test_of_a_long_one_what_is_named_is_whole():
    assert (
        excerpt(LONG, frozenset({"load"}))
        == 'def load(path, sep=","):\n    """Reads a table.\n\n    At length."""\n    return path'
    )


def test_of_a_long_one_signatures():
    shown = excerpt(LONG, frozenset())
    assert 'def load(path, sep=","):\n    """Reads a table."""\n    ...' in shown
    assert "class Model:\n    def __init__(self, a):\n        ...\n    def fit(self, x):\n        ..." in shown
    ast.parse(shown)
    assert "_hidden" not in shown
    assert "_private" not in shown


def test_what_does_not_parse_is_left_out():
    assert excerpt("def f(:\n" + "# filler\n" * 200, frozenset()) == ""


ODD = (
    "def a(): return 1\n\x0c\ndef b(\n    x,\n    y=1,\n):\n    return x\n\n@wraps\nasync def c(): pass\n"
    "class D:\n    def __init__(\n        self, a\n    ):\n        pass\n    async def run(self): pass\n"
    "class E: pass\n" + "# filler\n" * 200
)


def test_odd_modules_stay_python():
    shown = excerpt(ODD, frozenset())
    ast.parse(shown)
    wide = "def b(\n    x,\n    y=1,\n):\n    ..."
    for wanted in ("def a():\n    ...", wide, "        self, a\n    ):", "async def run"):
        assert wanted in shown
    assert excerpt(ODD, frozenset({"c"})) == "@wraps\nasync def c(): pass"


SETTINGS = "LIMIT = 3\nlow = high = 1\nRATE: float = 0.5\nTABLE = {\n" + "    1: 2,\n" * 200 + "}\n\ndef load(): pass\n"


def test_of_a_long_one_the_constants_that_are_named():
    assert excerpt(SETTINGS, frozenset({"LIMIT", "high", "RATE"})) == "LIMIT = 3\nlow = high = 1\nRATE: float = 0.5"
    assert excerpt(SETTINGS, frozenset({"LIMIT", "load"})) == "LIMIT = 3\n\n\ndef load(): pass"
    assert excerpt(SETTINGS, frozenset({"TABLE"})) == "TABLE = ..."
    assert "LIMIT" not in excerpt(SETTINGS, frozenset())
