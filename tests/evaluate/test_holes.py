import random

import pytest
from evaluate.notebooks import notebook, write
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sc2.evaluate.documents import Document, Output, read
from jupyter_sc2.evaluate.holes import punch
from jupyter_sc2.evaluate.lines import code_lines
from jupyter_sc2.evaluate.tasks import MAX_LINES, TASKS, candidates
from jupyter_sc2.notebook import SourceCell


@pytest.fixture
def document(tmp_path):
    return read(write(tmp_path / "a.ipynb"), "a.ipynb")


def holes(document, task, seed=0):
    return candidates(document, task, random.Random(seed))


def script(source, language="python"):
    return Document("x", (SourceCell("c0", "code", source),), language, (Output(),))


def check(hole):
    """What every hole claims."""
    source = hole.document.cells[hole.cell].source
    before, hidden = source[: hole.start], hole.hidden
    line = before.rpartition("\n")[2]
    assert source == before + hidden + source[hole.end :]
    assert len("".join(hidden.split())) >= 3
    assert hole.document.cells[hole.cell].kind == "code"
    if hole.task == "cell":
        assert (hole.start, hole.end) == (0, len(source))
        assert hidden.strip().count("\n") < MAX_LINES
        return
    assert hidden == hidden.rstrip()
    assert source[hole.end :].partition("\n")[0].strip() == ""
    assert not hidden.lstrip().startswith("#")
    if hole.task == "rest_of_line":
        assert line.strip()
        assert "\n" not in hidden
        return
    assert not line.strip()
    assert hidden == hidden.strip()
    assert before.rstrip(" \t").endswith("\n")
    assert before.split("\n")[-2].strip()  # the line above has just been written
    lines = hidden.split("\n")
    assert all(line.strip() for line in lines)
    assert len(lines) == 1 if hole.task == "next_line" else 2 <= len(lines) <= MAX_LINES


def test_holes_are_what_they_claim(document):
    for task in TASKS:
        found = [hole for seed in range(20) for hole in holes(document, task, seed)]
        assert found
        for hole in found:
            check(hole)


@given(
    st.lists(st.sampled_from(["x = 1", "    call(a, b)", "", "\t", "# no", "if x:", '"""', "é = '\U0001f600'", ")"])),
    st.integers(0, 9),
    st.sampled_from(["python", "r", "javascript"]),
)
def test_any_lines_give_good_holes(lines, seed, language):
    for task in TASKS:
        for hole in holes(script("\n".join(lines), language), task, seed):
            check(hole)


SPLIT = "result = compute(argument)"


def test_half_of_the_rests_begin_within_a_word():
    starts = [holes(script(SPLIT), "rest_of_line", seed)[0] for seed in range(400)]
    within = [hole for hole in starts if (SPLIT[hole.start - 1] + hole.hidden[0]).isalnum()]
    assert 140 < len(within) < 260


def test_a_block_ends_with_its_indentation_or_a_blank_line():
    source = "for x in y:\n    a = x\n    print(a)\nprint(2)\nprint(3)\n\nprint(4)"
    assert [hole.hidden for hole in holes(script(source), "block")] == [
        "a = x\n    print(a)",
        "print(2)\nprint(3)",
    ]
    long = "x = 0\n" + "\n".join(f"y{i} = {i}" for i in range(MAX_LINES + 1))
    assert [hole.hidden.count("\n") + 1 for hole in holes(script(long), "block")] == [*range(12, 1, -1)]


def test_text_is_no_code():
    source = (
        'def f():\n    """One.\n\n    two = three\n    """\n    return """a\nb = c"""\n# comment\n"alone"\n%time f()'
    )
    assert code_lines(source, "python") == {0, 5, 9}


def test_a_cell_is_asked_after_text_only(document):
    assert [hole.cell for hole in holes(document, "cell")] == [1, 4]


def test_a_lived_in_notebook_is_asked_in_its_target(tmp_path):
    ours = {"state": {"runs": []}, "target": "id4"}
    document = read(write(tmp_path / "a.ipynb", notebook(jupyter_sc2=ours)), "a")
    assert {hole.cell for hole in punch([document], 0, 100)} == {4}


def test_the_same_seed_draws_the_same_holes_evenly(document):
    other = script("\n".join(f"value_{i} = {i} + {i}" for i in range(50)))
    drawn = punch([document, other], 1, 6)
    assert drawn == punch([document, other], 1, 6)
    assert drawn != punch([document, other], 2, 6)
    for task in ("rest_of_line", "next_line"):
        names = [hole.document.name for hole in drawn if hole.task == task]
        assert [names.count("a.ipynb"), names.count("x")] == [3, 3]
    alone = [hole for hole in punch([other], 1, 3) if hole.task == "next_line"]
    assert alone == [hole for hole in drawn if hole.task == "next_line" and hole.document.name == "x"]
    assert len(punch([document, other], 0, 1)) == len(TASKS)
