"""KV caches under one bound, and what a new prompt may start from."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import write_config

from jupyter_sc2.engine.pool import CachePool, common_prefix


@pytest.fixture
def pool(tmp_path):
    config = write_config(tmp_path)
    pool = CachePool(config, 0, torch.float32, torch.device("cpu"))
    pool.limit = 3 * pool.size(1)  # three of the smallest
    return pool


def fill(entry, mark):
    """Stands for a forward pass over all of the entry's ids."""
    entry.cache.tensor.narrow(4, entry.cache.length, len(entry.ids) - entry.cache.length).fill_(mark)
    entry.cache.length = len(entry.ids)


def keep(pool, key, ids, mark=1.0):
    entry = pool.take(key, ids, len(ids), len(ids))
    fill(entry, mark)
    pool.give_back(entry)
    return entry


def test_the_same_key_goes_on_in_place(pool):
    first = keep(pool, "a", [1, 2, 3, 4])
    again = pool.take("a", [1, 2, 9], 3, 3)
    assert again is first
    assert (again.cache.length, again.ids, again.busy) == (2, [1, 2, 9], True)


def test_another_key_copies_the_shared_part_and_leaves_the_original(pool):
    first = keep(pool, "a", [1, 2, 3, 4], mark=5.0)
    other = pool.take("b", [1, 2, 3, 9], 4, 4)
    assert other is not first
    assert other.cache.length == 3
    assert other.cache.tensor[..., :3, :].eq(5.0).all()
    assert (first.cache.length, first.ids) == (4, [1, 2, 3, 4])


def test_the_better_prefix_wins_whosever_it_is(pool):
    keep(pool, "a", [1, 2, 3, 4, 5], mark=5.0)
    keep(pool, "b", [1, 9, 9], mark=6.0)
    entry = pool.take("b", [1, 2, 3, 4, 7], 5, 5)
    assert entry.cache.length == 4
    assert entry.cache.tensor[..., :4, :].eq(5.0).all()
    assert [e.key for e in pool.entries] == ["a", "b"]


def test_a_busy_cache_is_copied_never_cut(pool):
    busy = pool.take("a", [1, 2, 3], 3, 3)
    fill(busy, 1.0)
    second = pool.take("a", [1, 2, 9], 3, 3)
    assert second is not busy
    assert (busy.cache.length, second.cache.length) == (3, 2)
    pool.give_back(busy)
    pool.give_back(second)
    assert pool.entries == [second]


def test_a_prompt_that_outgrows_its_cache_moves_with_what_it_knows(pool):
    first = keep(pool, "a", [1, 2, 3], mark=5.0)
    grown = pool.take("a", [1, 2, 3, 4], 300, 3)
    assert grown is not first
    assert (grown.cache.capacity, grown.cache.length) == (512, 3)
    assert grown.cache.tensor[..., :3, :].eq(5.0).all()
    assert pool.entries == [grown]


def test_the_longest_unused_goes_first_and_the_bound_holds(pool):
    for key in "abcd":
        keep(pool, key, [ord(key)])
    assert [e.key for e in pool.entries] == ["b", "c", "d"]
    keep(pool, "b", [ord("b"), 1])
    busy = pool.take("e", [7], 300, 1)
    assert [e.key for e in pool.entries] == ["b", "e"]
    assert pool.nbytes <= pool.limit
    pool.drop(busy)
    pool.evict()
    assert pool.entries == []


def test_the_last_id_is_left_to_compute_when_its_logits_are_wanted(pool):
    keep(pool, "a", [1, 2, 3])
    assert pool.take("a", [1, 2, 3], 3, reuse=2).cache.length == 2


small_ids = st.lists(st.integers(0, 2), max_size=20)


@given(small_ids, small_ids, st.integers(0, 20), st.integers(1, 8))
def test_common_prefix(known, ids, limit, block):
    expected = 0
    while expected < min(len(known), len(ids), limit) and known[expected] == ids[expected]:
        expected += 1
    assert common_prefix(known, ids, limit, block) == expected
