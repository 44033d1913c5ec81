"""Whose turn it is."""

import pytest
import torch
from tiny import submit, write_config

from jupyter_sc2.engine.pool import CachePool
from jupyter_sc2.engine.scheduler import FAIR_TURN, MAX_RUNNING, SHORT, Scheduler
from jupyter_sc2.engine.sequence import Sequence


class Line:
    """A scheduler and the names of those whom it lets run."""

    def __init__(self, config, limit=1 << 30):
        self.pool = CachePool(config, limit, torch.float32, torch.device("cpu"))
        self.scheduler = Scheduler(self.pool)
        self.arrivals = 0

    def add(self, name, priority=0, prompt=1, new=10):
        self.arrivals += 1
        self.scheduler.add(Sequence(submit(name, [40] * prompt, new, priority=priority), self.arrivals, 512))

    def turns(self, count):
        """Who comes first in each of so many passes, if that one alone runs."""
        firsts = []
        for _ in range(count):
            first = self.scheduler.next()[0]
            first.turn = self.scheduler.turn
            firsts.append(first.request.request_id)
        return "".join(firsts)

    def companies(self, count):
        """Who may share each of so many passes, if all of them run."""
        found = []
        for _ in range(count):
            company = self.scheduler.next()
            for sequence in company:
                sequence.turn = self.scheduler.turn
            found.append("".join(self.names(company)))
        return found

    def names(self, sequences):
        return [sequence.request.request_id for sequence in sequences]


@pytest.fixture
def line(tmp_path):
    return Line(write_config(tmp_path))


def test_nobody_to_run(line):
    assert line.scheduler.next() == []
    assert line.scheduler.idle


def test_equals_take_turns(line):
    for name in "abc":
        line.add(name)
    assert line.turns(FAIR_TURN - 1) == "abcabca"


def test_ghost_beats_chat_but_chat_is_not_starved(line):
    line.add("c", priority=2)
    line.add("g", priority=0)
    assert line.turns(2 * FAIR_TURN) == 2 * ("g" * (FAIR_TURN - 1) + "c")


def test_the_newest_prefill_comes_first(line):
    line.add("a")
    line.add("b", prompt=100)
    line.add("c", prompt=100)
    assert line.turns(3) == "ccc"


def test_a_prefill_of_a_few_ids_does_not_wait_for_a_long_one(line):
    line.add("b", prompt=SHORT)
    line.add("c", prompt=100)
    assert line.companies(2) == ["bc", "bc"]


def test_reading_ahead_comes_after_everybody_who_waits_for_an_answer(line):
    line.add("w", prompt=100, new=0)
    line.add("c", priority=2, prompt=100)
    assert line.companies(1) == ["c"]
    for name in "defghij":
        line.add(name, priority=2)
    line.scheduler.next()
    assert line.names(line.scheduler.waiting) == ["w"]


def test_everyone_who_decodes_shares_a_pass(line):
    for name, priority in zip("abc", (2, 0, 1), strict=True):
        line.add(name, priority)
    assert line.companies(1) == ["bca"]


def test_prefills_of_one_priority_share_a_pass_the_newest_first(line):
    line.add("a", prompt=100)
    line.add("d")
    line.add("b", prompt=100)
    line.add("m", priority=1, prompt=100)
    assert line.companies(1) == ["bda"]


def test_a_prefill_waits_for_more_important_decoding_but_not_for_ever(line):
    line.add("g")
    line.add("c", priority=2, prompt=100)
    assert line.companies(2 * FAIR_TURN) == 2 * ([*["g"] * (FAIR_TURN - 1), "cg"])


def test_what_must_be_alone_is_alone(line):
    for name in "abc":
        line.add(name)
    line.scheduler.waiting[1].alone = True
    assert line.companies(4) == ["ac", "b", "ac", "b"]


def test_a_few_run_and_the_rest_wait_in_order(line):
    for name, priority in zip("abcdefghijk", (2, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1), strict=True):
        line.add(name, priority)
    line.scheduler.next()
    assert "".join(line.names(line.scheduler.running)) == "cdeghijk"
    assert line.names(line.scheduler.waiting) == ["a", "b", "f"]
    line.scheduler.remove(line.scheduler.find("e"))
    line.scheduler.remove(line.scheduler.find("a"))
    line.scheduler.next()
    assert "".join(line.names(line.scheduler.running)) == "cdghijkb"


def test_candidates_have_their_places_before_they_are_born(line):
    for name in "ab":
        line.add(name)
    first = line.scheduler.waiting[0]
    first.unborn = [Sequence(first.request, 1, 512, candidate=n) for n in range(1, MAX_RUNNING)]
    line.scheduler.next()
    assert line.names(line.scheduler.running) == ["a"]


def test_a_ghost_makes_a_chat_wait_again_and_its_cache_stays_in_the_pool(line):
    for name in "abcdefgh":
        line.add(name, priority=2)
    line.scheduler.next()
    last = line.scheduler.find("h")
    last.entry = line.pool.take("h", last.ids, 11, 0)
    line.add("G")
    assert line.turns(1) == "G"
    assert line.names(line.scheduler.waiting) == ["h"]
    assert last.entry is None
    assert [(entry.key, entry.busy) for entry in line.pool.entries] == [("h", False)]
    line.add("i", priority=2)
    assert len(line.scheduler.running) == MAX_RUNNING
    assert line.names(line.scheduler.waiting) == ["h", "i"]


def test_those_who_run_fit_into_the_cache_together(tmp_path):
    line = Line(write_config(tmp_path))
    line.pool.limit = 3 * line.pool.size(1)
    line.add("a", new=300)  # two of the three
    line.add("b", new=300)
    line.add("c")  # would fit, but does not overtake
    line.scheduler.next()
    assert line.names(line.scheduler.running) == ["a"]
    line.scheduler.remove(line.scheduler.find("a"))
    line.scheduler.next()
    assert line.names(line.scheduler.running) == ["b", "c"]
