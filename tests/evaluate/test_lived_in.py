"""Galleries made into lived-in notebooks, in real kernels."""

import ast
import hashlib
import json
import random
import re
import sys
from dataclasses import replace

import msgspec
import nbformat
import pytest

from jupyter_sc2.evaluate import lived_in
from jupyter_sc2.evaluate import lived_in_edits as edits
from jupyter_sc2.evaluate.lived_in_kernel import Kernel
from jupyter_sc2.evaluate.lived_in_person import CALM, Person, Rates, looks_at
from jupyter_sc2.messages import NotebookState

SCRIPT = '''"""
A tiny gallery
==============
"""
import math

# %%
# Some numbers
width = 12
heights = [3, 4, 5]

# %%
table = {"total": sum(heights), "width": width}

# %%
def area(width, height):
    return width * height

# %%
areas = [area(width, height) for height in heights]

# %%
print(math.sqrt(table["total"]), areas)

# %%
largest = max(areas) + 10
largest
'''
ALWAYS = Rates(*[1.0] * 9)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "tiny").mkdir(parents=True)
    (folder / "licences.json").write_text('{"tiny": "MIT"}')
    (folder / "tiny" / "plot_tiny.py").write_text(SCRIPT)
    return folder


@pytest.fixture
def live(source):
    """The points of the tiny gallery under given rates and seed, and the person."""

    def run(rates, seed=0, points=3):
        cells = lived_in.read(source / "tiny" / "plot_tiny.py")
        with Kernel(sys.executable, 20.0) as kernel:
            person = Person(kernel, random.Random(seed), rates)
            return list(lived_in.live_through(cells, person, points)), person

    return run


def ours(notebook):
    return notebook["metadata"]["jupyter_sc2"]


def runs_of(notebook):
    return {run["id"]: run for run in ours(notebook)["state"]["runs"]}


def sources_of(notebook):
    return {cell["id"]: cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"}


def names_of(notebook):
    return [variable["name"] for variable in ours(notebook)["state"]["snapshot"]["variables"]]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_calm_person_leaves_a_notebook_run_from_the_top(live):
    points, person = live(CALM)
    assert len(points) == 3
    assert not +person.events
    for notebook in points:
        state = msgspec.convert(ours(notebook)["state"], NotebookState)
        code = sources_of(notebook)
        assert [run.order for run in state.runs] == list(range(1, len(code)))
        assert [run.sha for run in state.runs] == [sha(code[run.id]) for run in state.runs]
        assert state.snapshot.execution_count == len(state.runs)
        assert list(code)[-1] == ours(notebook)["target"]
    assert sources_of(points[0])[ours(points[0])["target"]].startswith("table =")
    assert names_of(points[-1])[-1] == "areas"


def test_everything_that_may_happen_happens(live):
    points, person = live(ALWAYS, points=2)
    happened = {name.partition(",")[0] for name in +person.events}
    assert happened == {"rerun", "move", "edit", "unrun", "error", "scratch", "older", "delete", "above"}
    for notebook in points:
        nbformat.validate(notebook)
        state = msgspec.convert(ours(notebook)["state"], NotebookState)
        assert ours(notebook)["target"] in sources_of(notebook)
        assert ours(notebook)["target"] not in runs_of(notebook)
        assert state.snapshot.execution_count >= max(run.order for run in state.runs)
    assert any(cell.run and cell.run.error for cell in person.cells)
    orders = [cell.run.order for cell in person.cells if cell.run]
    assert orders != sorted(orders)


def test_an_edited_cell_keeps_the_sha_of_what_ran(live):
    points, _ = live(replace(CALM, edit=1.0))
    code = sources_of(points[-1])
    assert any(run["sha"] != sha(code[i]) for i, run in runs_of(points[-1]).items())


def test_names_of_deleted_cells_live_on_in_the_snapshot(live):
    points, _ = live(replace(CALM, delete=1.0))
    written = {name for source in sources_of(points[-1]).values() for name in edits.bound_names(source)}
    assert {"math", "width", "heights"} <= set(names_of(points[-1]))
    assert {"math", "width", "heights"} - written


def test_the_same_seed_makes_the_same_notebooks(live):
    rates = Rates(*[0.5] * 9)
    assert live(rates, seed=7)[0] == live(rates, seed=7)[0]


def test_points_are_written_with_their_source(source, tmp_path, capsys):
    (source / "bad.py").write_text("def")
    (source / "net.py").write_text(SCRIPT.replace("import math", "raise ConnectionError('no way')"))
    lived_in.main([str(source), str(tmp_path / "target"), "--points", "2", "--calm"])
    files = sorted(path.name for path in (tmp_path / "target").iterdir())
    assert files == ["tiny-plot_tiny.1.ipynb", "tiny-plot_tiny.2.ipynb"]
    notebook = json.loads((tmp_path / "target" / files[0]).read_text("utf-8"))
    assert ours(notebook)["source"] == {"package": "tiny", "file": "tiny/plot_tiny.py", "licence": "MIT"}
    said = capsys.readouterr()
    totals = {"notebooks": 1, "points": 2, "given up: network": 1, "given up: unreadable": 1}
    assert json.loads(said.out)["totals"] == totals
    assert "tiny/plot_tiny.py: 2 points, done" in said.err


def test_a_cell_that_takes_too_long_ends_the_notebook(tmp_path):
    with Kernel(sys.executable, 0.5) as kernel, pytest.raises(TimeoutError):
        kernel.run("import time; time.sleep(30)")


@pytest.mark.parametrize("how", [edits.other_numbers, edits.another_name, edits.a_line_less, edits.a_slip])
def test_a_changed_cell_is_python_still(how):
    source = 'größe = frame["total"] * 5\nnames = [x for x in range(22)]\nprint(f"{größe}", names)'
    for seed in range(30):
        changed = how(source, random.Random(seed))
        assert changed != source
        ast.parse(changed)
    assert how("", random.Random(0)) is None
    assert how("%%bash\nls 5", random.Random(0)) is None


def test_a_name_is_changed_everywhere_in_the_cell():
    changed = edits.another_name("rows = [3, 4]\nprint(rows, len(rows), obj.rows)", random.Random(0))
    assert changed.endswith("obj.rows)")
    renamed = re.findall(r"(?<!\.)\brows\w*", changed)
    assert len(renamed) == 3
    assert len({*renamed}) == 1
    assert "rows" not in renamed


def test_a_long_cell_is_cut_but_imports_and_figures_are_not():
    data = "\n".join(f"a{i} = {i}" for i in range(10))
    plot = "fig, ax = plt.subplots()\nax.plot(a1)\n\nax.plot(a2)\n\nax.set_title('A')\nax.legend()"
    assert edits.pieces(f"{data}\n\n# A figure\n{plot}") == [data, f"# A figure\n{plot}"]
    assert edits.pieces(plot) == [plot]
    imports = "\n\n".join(f"import a{i}\nimport b{i}\nimport c{i}\nimport d{i}" for i in range(3))
    assert edits.pieces(f"{imports}\n\n{data}") == [imports, data]


def test_a_look_suits_its_variable():
    assert "df.head()" in looks_at({"name": "df", "type": "DataFrame"})
    assert "x.shape" in looks_at({"name": "x", "type": "ndarray"})
    assert looks_at({"name": "np", "type": "module"}) == ()
