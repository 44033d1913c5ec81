"""Drafts from what was written before."""

from hypothesis import given
from hypothesis import strategies as st

from jupyter_sc2.engine.lookup import LEAST, MOST, Lookup


def propose(ids, count=4, grown=()):
    lookup = Lookup(ids, len(grown))
    lookup.extend(grown)
    return lookup.propose(count)


def test_what_followed_the_last_ids_before():
    assert propose([50, 51, 52, 53, 54, 60, 51, 52]) == ([53, 54, 60, 51], 2)
    assert propose([50, 51, 52, 53, 54, 60, 51, 52], count=1) == ([53], 2)


def test_the_longest_match_goes_first_and_then_the_newest():
    assert propose([40, 41, 42, 70, 99, 41, 42, 71, 40, 41, 42], 1) == ([70], 3)
    assert propose([98, 41, 42, 70, 99, 41, 42, 71, 40, 41, 42], 1) == ([71], 2)


def test_one_id_says_too_little():
    assert propose([50, 51, 52, 60, 51]) == ([], 0)
    assert propose([50]) == propose([]) == ([], 0)


def test_special_ids_are_never_proposed():
    assert propose([50, 51, 52, 3, 54, 50, 51]) == ([52], 2)
    assert propose([50, 51, 0, 54, 50, 51]) == ([], 2)


def test_what_is_generated_counts_too():
    assert propose([50, 51], 2, grown=[52, 53, 60, 50, 51]) == ([52, 53], 2)
    assert propose([60], 3, grown=[60, 60, 60])[0] == [60]


@given(st.lists(st.integers(38, 40), max_size=60), st.integers(1, 8), st.integers(0, 60))
def test_equals_a_plain_search(ids, count, split):
    best = (0, 0)
    for place in range(len(ids) - 1):  # of the last id of a match
        length = 0
        while length < min(MOST, place + 1) and ids[place - length] == ids[-1 - length]:
            length += 1
        best = max(best, (length, place))
    length, place = best
    expected = (ids[place + 1 : place + 1 + count], length) if length >= LEAST else ([], 0)
    assert propose(ids[:split], count, ids[split:]) == expected
