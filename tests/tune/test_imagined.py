"""Kernels that are imagined for training notebooks."""

import random

from jupyter_sc2.notebook import SourceCell
from jupyter_sc2.tune.imagined import imagine, variables

SOURCES = [
    "import numpy as np\nimport matplotlib.pyplot as plt\nimport os.path",
    "df = pd.read_csv(path)\nn = 3\nnames = ['a']\nmodel = sklearn.linear_model.Ridge(2)",
    "def load(path, sep=',', *rest, strict, quiet=True, **more):\n    pass\n"
    "class Net(Base):\n    def __init__(self, width=3): ...\n    def fit(self): ...\n    def _hidden(self): ...",
    "X = np.ones(3)\nx, y = f()",
    "df['weight'].mean()\ndf[['height', 'age']]",
]


def known():
    return {variable.name: variable for variable in variables(SOURCES, range(4), random.Random(0))}


def test_types_are_read_off_the_code():
    found = known()
    assert [(found[name].type, found[name].module) for name in ("np", "plt", "os")] == [
        ("module", "numpy"),
        ("module", "matplotlib.pyplot"),
        ("module", "os.path"),
    ]
    assert [found[name].type for name in ("n", "names", "model", "X")] == ["int", "list", "Ridge", "ndarray"]
    assert "x" not in found, "nothing tells its type"


def test_a_table_has_the_columns_that_the_notebook_will_ask_for():
    assert {column.name for column in known()["df"].columns} == {"weight", "height"}


def test_signatures_are_as_the_snapshot_writes_them():
    found = known()
    assert found["load"].signature == "(path, sep=..., *rest, strict, quiet=..., **more)"
    assert (found["Net"].signature, found["Net"].members) == ("(width=...)", ["fit"])


def test_only_cells_above_ran_and_the_seed_decides():
    cells = [SourceCell(f"c{i}", "code", source, "0" * 64) for i, source in enumerate(SOURCES)]
    states = [imagine(cells, 2, ["out"] * 5, random.Random(seed)) for seed in (1, 1, 2, 3, 4)]
    assert states[0] == states[1]
    for state in states:
        assert {run.id for run in state.runs} <= {"c0", "c1"}
        assert sorted(run.order for run in state.runs) == list(range(1, len(state.runs) + 1))
        assert "load" not in {variable.name for variable in state.snapshot.variables}
