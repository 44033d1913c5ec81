"""Which cells matter at the cursor."""

import hashlib
import time

from jupyter_sc2.messages import CellRun, NotebookState
from jupyter_sc2.notebook import SourceCell, candidates, wanted_names


def cells_of(*sources):
    return [
        SourceCell(f"c{i}", "code", text, hashlib.sha256(text.encode()).hexdigest()) for i, text in enumerate(sources)
    ]


def ran(*orders, **changes):
    """The state after cells `c0`, `c1`... ran as the n-th; 0 for not run. `changes`: fields of single cells."""
    runs = [CellRun(f"c{i}", order, **changes.get(f"c{i}", {})) for i, order in enumerate(orders) if order]
    return NotebookState(runs)


def ranked(cells, cursor, state=None, wanted=""):
    return [one.cell.id for one in candidates(cells, cursor, frozenset(wanted.split()), state)]


def score(cells, cursor, name, state=None, wanted=""):
    return next(one.score for one in candidates(cells, cursor, frozenset(wanted.split()), state) if one.cell.id == name)


FIVE = cells_of("import os", "a = 1", "b = 2", "c = 3", "")


def test_the_nearest_above_comes_first():
    assert ranked(FIVE, 4) == ["c3", "c2", "c1", "c0"]


def test_what_the_cursor_uses_comes_before_what_is_near():
    assert ranked(FIVE, 4, wanted="a")[:2] == ["c3", "c1"]


def test_a_cell_below_counts_only_when_it_ran():
    assert "c3" not in ranked(FIVE, 2)
    assert "c3" in ranked(FIVE, 2, ran(1, 2, 0, 3, 0))


def test_a_definition_below_that_ran_is_found():
    assert set(ranked(FIVE, 1, ran(1, 0, 2, 3, 0), wanted="c")[:2]) == {"c0", "c3"}


def test_recent_beats_old():
    assert score(FIVE, 4, "c1", ran(1, 9, 3, 4)) > score(FIVE, 4, "c1", ran(1, 2, 3, 4))


def test_never_run_failed_and_edited_cells_are_ranked_down():
    usual = score(FIVE, 4, "c1", ran(1, 2, 3, 4))
    assert score(FIVE, 4, "c1", ran(1, 0, 3, 4)) < usual
    assert score(FIVE, 4, "c1", ran(1, 2, 3, 4, c1={"error": "NameError: x"})) < usual
    assert score(FIVE, 4, "c1", ran(1, 2, 3, 4, c1={"sha": "0" * 64})) < usual


def test_outdated_and_replaced_cells_are_ranked_down():
    cells = cells_of("a = 1", "b = a", "a = 2", "")
    fresh, outdated = ran(2, 3, 1), ran(1, 2, 3)
    assert score(cells, 3, "c1", fresh) - score(cells, 3, "c1", outdated) > 0.5
    assert score(cells, 3, "c0", fresh) - score(cells, 3, "c0", outdated) > 1.0


def test_nothing_ran_is_as_if_all_had():
    assert ranked(FIVE, 4, NotebookState()) == ranked(FIVE, 4)


def test_wanted_names_hold_still_while_a_line_is_typed():
    above = "model = fit(x)\n"
    assert wanted_names(above, "") == wanted_names(above + "predict(y", ", z)") == {"model", "fit", "x"}


def test_five_hundred_cells_take_less_than_a_tenth_of_a_second():
    cells = cells_of(*(f"x{i} = f(x{i - 1})\nprint(x{i})" for i in range(500)))
    state = ran(*range(1, 500))
    candidates(cells, 499, frozenset({"x3"}), state)
    begun = time.perf_counter()
    candidates(cells, 499, frozenset({"x4"}), state)
    assert time.perf_counter() - begun < 0.1  # it takes 2 to 4 ms; the bound is for a busy machine


def test_a_cell_that_ran_and_is_typed_in_changes_no_rank():
    before, after = (cells_of("a = 1", "b = 2", text, "d = a") for text in ("x", "x = 1\na = x"))
    state = ran(1, 2, 4, 3)
    assert [(one.cell.id, one.score) for one in candidates(before, 2, frozenset(), state)] == [
        (one.cell.id, one.score) for one in candidates(after, 2, frozenset(), state)
    ]
