import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sc2.evaluate.bootstrap import mean_of
from jupyter_sc2.evaluate.distance import distance
from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.report import quantiles
from jupyter_sc2.evaluate.scores import score
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.notebook import SourceCell


def hole(source, hidden, task="rest_of_line", language="python"):
    document = Document("x", (SourceCell("c0", "code", source),), language)
    return Hole(task, document, 0, source.index(hidden), source.index(hidden) + len(hidden))


def by_hand(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


@given(st.text("abé\U0001f600\n", max_size=20), st.text("abé\U0001f600\n", max_size=20))
def test_the_distance_is_levenshteins(a, b):
    assert distance(a, b) == by_hand(a, b) == distance(b, a)


def test_scores_by_hand():
    asked = hole("x = print(1)\ny = 2", "print(1)")
    right = score(asked, "print(1)  ", 4)
    assert (right.exact_match, right.edit_similarity, right.useful_prefix, right.tokens) == (1, 1, 1, 4)
    near = score(asked, "print(2)", 4)
    assert (near.exact_match, near.edit_similarity, near.useful_prefix) == (0, 7 / 8, 6 / 8)
    assert score(asked, "print(1) + 3", 4).useful_prefix == 1
    silent = score(asked, "", 0)
    assert (silent.exact_match, silent.edit_similarity, silent.useful_prefix) == (0, 0, 0)


def test_one_hidden_line_is_compared_with_one_line_but_all_of_it_is_parsed():
    asked = hole("x = print(1)\ny = 2", "print(1)")
    longer = score(asked, "print(1)\n  (", 4)
    assert (longer.exact_match, longer.valid_syntax) == (1, 0)
    block = hole("x = 1\ny = 2\nz = 3", "y = 2\nz = 3", "block")
    assert score(block, "y = 2", 4).useful_prefix == 5 / 11


def test_syntax_is_judged_where_the_cell_was_python():
    assert score(hole("%time f(1)\nx = 1", "f(1)"), "f(2)", 1).valid_syntax == 1
    assert score(hole("x = 1\ny = )))", "= 1"), "= 2", 1).valid_syntax is None
    assert score(hole("%%bash\nls -l", "ls -l"), "ls", 1).valid_syntax is None
    assert score(hole("x <- c(1)", "c(1)", language="r"), "c(2)", 1).valid_syntax is None


def test_an_interval_holds_the_mean_and_is_the_same_each_time():
    values, files = [0.0, 1.0] * 50, [str(i % 20) for i in range(100)]
    mean = mean_of(values, files, 0)
    assert mean == mean_of(values, files, 0)
    assert mean.ci95[0] <= mean.mean == 0.5 <= mean.ci95[1]
    assert mean_of([], [], 0) is None
    assert mean_of([1.0, 1.0], ["a", "b"], 0).ci95 == (1.0, 1.0)


def test_holes_of_one_file_count_together():
    """Ten files of equal answers say less than a hundred answers."""
    values = [float(i // 10 % 2) for i in range(100)]
    clustered = mean_of(values, [str(i // 10) for i in range(100)], 0).ci95
    single = mean_of(values, ["one"] * 100, 0).ci95
    assert single[1] - single[0] == pytest.approx(0.2, abs=0.05)
    assert clustered[1] - clustered[0] > 2 * (single[1] - single[0])


def test_quantiles_are_nearest_ranks():
    assert quantiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p95": 3.0}
    assert quantiles([]) == {"p50": None, "p95": None}


def test_silence_is_no_valid_syntax():
    assert score(hole("x = 1\ny = 2", "y = 2"), "", 0).valid_syntax is None
