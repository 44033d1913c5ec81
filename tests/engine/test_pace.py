"""When drafts pay."""

from random import Random

import pytest

from jupyter_sc2.engine.pace import HOPE, OTHERWISE, Acceptance, Pace, gain


def measured(costs, padded=lambda rows: rows):
    pace = Pace(padded)
    for rows, seconds in costs.items():
        for _ in range(3):
            pace.saw(rows, seconds)
    return pace


def test_between_measurements_in_proportion_and_beyond_them_as_the_last():
    pace = measured({1: 1.0, 5: 3.0, 9: 4.0})
    assert [pace.seconds(rows) for rows in (1, 3, 5, 7, 9, 16)] == [1.0, 2.0, 3.0, 3.5, 4.0, 4.0]


def test_the_first_pass_of_a_size_does_not_count_and_outliers_count_little():
    pace = Pace()
    pace.saw(1, 50.0)
    for _ in range(20):
        pace.saw(1, 1.0)
    assert pace.seconds(1) == 1.0
    pace.saw(1, 1000.0)
    assert pace.seconds(1) == pytest.approx(1.2)


def test_without_measurements_nothing_is_drafted_and_then_a_little():
    assert Pace().length(1, 1.0, 0.99, 15) == 0
    assert measured({4: 1.0}).length(1, 1.0, 0.99, 15) == 0, "what one row costs is not known"
    assert measured({1: 1.0}).length(1, 1.0, 0.9, 15) == 3, "four rows in all"
    assert measured({1: 1.0, 4: 1.1}).length(1, 1.0, 0.9, 15) == 15


def test_drafts_are_as_long_as_pays():
    flat, steep = {1: 1.0, 16: 1.3}, {1: 1.0, 2: 2.0, 16: 16.0}
    assert measured(flat).length(1, 1.0, 0.9, 15) > 8
    assert 0 < measured(flat).length(1, 1.0, 0.3, 15) < 4
    assert measured(flat).length(1, 1.0, 0.001, 15) == 0
    assert measured(steep).length(1, 1.0, 0.9, 15) == 0, "off where it does not pay"
    assert measured(flat).length(1, 1.0, 0.9, 2) == 2, "no more than are proposed"


def test_a_full_batch_drafts_nothing_where_cost_grows_with_rows():
    pace = measured({1: 1.0, 8: 1.1, 16: 2.2, 32: 4.4})
    assert pace.length(1, 1.0, 0.8, 15) == 7
    assert pace.length(8, 8.0, 0.8, 15) == 0


def test_padded_rows_cost_nothing_more():
    pace = measured({1: 1.0, 4: 1.3}, lambda rows: 1 if rows == 1 else 4)
    assert pace.length(1, 1.0, 0.5, 3) == 3


def test_now_and_then_the_other_way_is_tried():
    """A machine that was busy when the longer passes were measured is not busy for ever."""
    pace = measured({1: 1.0, 4: 9.0})
    lengths = [pace.length(1, 1.0, 0.9, 15) for _ in range(2 * OTHERWISE)]
    assert [length for length in lengths if length] == [3, 3]


def test_it_settles_at_what_is_best_for_a_given_machine():
    """Simulated: the cost and the acceptance are found by trying, and the pace is near the best possible one."""
    for rate, slope in ((0.9, 0.02), (0.5, 0.05), (0.2, 0.3), (0.05, 0.05)):
        pace, random = Pace(), Random(0)
        acceptance = Acceptance(pace.acceptance)
        time = ids = 0.0
        for step in range(1500):
            count = pace.length(1, 1.0, acceptance.rate(3), 15)
            right = next((n for n in range(count) if random.random() > rate), count)
            acceptance.saw(3, right, min(count, right + 1))
            pace.saw(1 + count, 1.0 + slope * count)
            if step >= 500:
                time, ids = time + 1.0 + slope * count, ids + 1 + right
        best = max((1 + gain(rate, count)) / (1.0 + slope * count) for count in range(16))
        assert ids / time > 0.9 * best


def test_acceptance_is_learned_by_length_and_passed_on():
    common = Acceptance()
    first = Acceptance(common)
    assert first.rate(2) == HOPE
    for _ in range(30):
        first.saw(2, 0, 1)
        first.saw(12, 3, 3)
    assert first.rate(2) < 0.1 < 0.9 < first.rate(40)
    second = Acceptance(common)
    assert second.rate(2) < 0.1, "what others know comes first"
    second.saw(2, 15, 15)
    assert second.rate(2) > 0.5 > common.rate(2)


def test_what_was_long_ago_counts_less():
    acceptance = Acceptance()
    for _ in range(500):
        acceptance.saw(2, 1, 1)
    for _ in range(100):
        acceptance.saw(2, 0, 1)
    assert acceptance.rate(2) < 0.35
