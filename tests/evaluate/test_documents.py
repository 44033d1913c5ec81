import hashlib
import random
import time

import pytest
from evaluate.notebooks import CELLS, CODE, notebook, write

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.documents import Document, Unreadable, plain_text, read, source_cell
from jupyter_sc2.evaluate.files import collect
from jupyter_sc2.evaluate.states import state_at
from jupyter_sc2.evaluate.tasks import Hole, candidates


def test_a_notebook_is_its_cells_with_plain_line_ends(tmp_path):
    document = read(write(tmp_path / "a.ipynb"), "a.ipynb")
    assert [cell.kind for cell in document.cells] == [kind for kind, _ in CELLS]
    assert not any("\r" in cell.source for cell in document.cells)
    assert document.cells[1].source == CODE
    assert document.language == "python"


def test_a_python_file_is_one_cell(tmp_path):
    document = read(write(tmp_path / "a.py", "\ufeffx = 1\r\ny = 2\r\n"), "a.py")
    assert [cell.source for cell in document.cells] == ["x = 1\ny = 2\n"]
    assert document.is_file


def test_ids_are_made_where_they_are_missing_or_not_unique(tmp_path):
    content = notebook()
    content["cells"][1]["id"] = content["cells"][0]["id"]
    assert read(write(tmp_path / "a.ipynb", content), "a").cells[1].id == "c1"


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"cells": [{"cell_type": "code"}]}', '{"cells": 3}', '{"worksheets": []}']
)
def test_what_is_no_notebook_is_unreadable(tmp_path, content):
    with pytest.raises(Unreadable, match="format 4"):
        read(write(tmp_path / "a.ipynb", content or " "), "a")


@pytest.mark.parametrize("ours", [{"state": {"runs": []}}, {"target": "id1"}, {"state": {"runs": 1}, "target": "id1"}])
def test_a_lived_in_notebook_needs_a_state_and_a_target(tmp_path, ours):
    with pytest.raises(Unreadable):
        read(write(tmp_path / "a.ipynb", notebook(jupyter_sc2=ours)), "a")


def test_files_are_found_once_and_hidden_folders_are_not_read(tmp_path):
    (tmp_path / "in" / ".ipynb_checkpoints").mkdir(parents=True)
    write(tmp_path / "in" / "b.ipynb")
    write(tmp_path / "in" / ".ipynb_checkpoints" / "b.ipynb")
    write(tmp_path / "in" / "broken.ipynb", "{")
    write(tmp_path / "in" / "a.py", "x = 1")
    found = collect([tmp_path / "in", tmp_path / "in" / "a.py"])
    assert [document.name for document in found.documents] == ["in/a.py", "in/b.ipynb"]
    assert found.skipped == ("in/broken.ipynb: not a notebook of format 4.",)
    for path in (tmp_path / "none", tmp_path / "in" / ".ipynb_checkpoints" / "x.txt"):
        with pytest.raises(Sc2Error, match="There is no file or folder"):
            collect([path])


def test_the_state_is_that_of_a_run_from_the_top(tmp_path):
    content = notebook()
    content["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["x" * 3000]},
        {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31mno\x1b[0m", "traceback": []},
    ]
    document = read(write(tmp_path / "a.ipynb", content), "a")
    state = state_at(Hole("next_line", document, 6, 0, 1))
    assert [(run.id, run.order) for run in state.runs] == [("id1", 1), ("id4", 2)]  # the empty cell never runs
    assert state.runs[0].sha == hashlib.sha256(CODE.replace("\n", "\r\n").encode()).hexdigest()
    assert (state.runs[0].output, state.runs[0].error) == ("x" * 2000, "ValueError: no")
    assert state.snapshot is None


def test_a_lived_in_notebook_has_its_own_state(tmp_path):
    ours = {"state": {"runs": [{"id": "id4", "order": 7}]}, "target": "id6", "source": {"file": "b"}}
    document = read(write(tmp_path / "a.ipynb", notebook(jupyter_sc2=ours)), "a")
    assert (document.target, document.group) == ("id6", "b")
    assert state_at(Hole("next_line", document, 6, 0, 1)).runs[0].order == 7


def test_outputs_are_what_the_page_would_tell(tmp_path):
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": "a warning\n"},
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "display_data", "data": {"text/plain": "<Figure>", "image/png": "x"}},
        {"output_type": "execute_result", "data": {"text/plain": "3"}},
    ]
    assert "".join(map(plain_text, outputs)) == "one\ntwo\n3\n"


def test_text_that_utf_8_cannot_hold_is_unreadable(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'", "outputs": []}]}')
    with pytest.raises(Unreadable):
        read(path, "a")


def test_a_file_of_data_takes_no_time():
    begun = time.perf_counter()
    candidates(Document("a", (source_cell("c", "code", "x = 1\n" * 20_000),)), "block", random.Random(0))
    assert time.perf_counter() - begun < 3
