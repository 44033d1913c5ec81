"""Drafts in the engine: fewer passes for the same ids, where it pays."""

import pytest
from tiny import answer, ids_of, run, submit, tiny_engine, write_checkpoint

from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.weights import load
from jupyter_sc2.ngrams import Ngrams

COPIES = {"library": [0.0], "prompt": [0.95]}  # a second voice that writes what the prompt has
PASSAGE = ids_of(1, 60)
PROMPT = [*PASSAGE, 0, *PASSAGE[:8]]


class Machine:
    """A clock by which a pass takes `base` seconds and `slope` for each row."""

    def __init__(self, base, slope):
        self.now, self.base, self.slope = 0.0, base, slope

    def engine(self, folder):
        engine = Engine(load(folder, "float32", "cpu"), 64 << 20, clock=lambda: self.now)
        real = engine.passes.run

        def timed(shares):
            self.now += self.base + self.slope * sum(share.rows for share in shares)
            return real(shares)

        engine.passes.run = timed
        return engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("weights"), jupyter_sc2_second_voice=COPIES)


def passes_for(engine, name="a", ids=PROMPT, new=40, **changes):
    """How many passes an answer takes, and the answer."""
    count, real = [0], engine.passes.run
    engine.passes.run = lambda shares: (count.__setitem__(0, count[0] + 1), real(shares))[1]
    try:
        return count, answer(run(engine, submit(name, ids, new, libraries=[], **changes)), name)
    finally:
        engine.passes.run = real


@pytest.mark.parametrize(("chance", "most"), [({}, 14), ({"temperature": 1.0, "seed": 4}, 30)])
def test_where_rows_cost_little_copying_takes_few_passes(folder, chance, most):
    engine = Machine(1.0, 0.01).engine(folder)
    (plain,), expected = passes_for(engine, speculate=False, **chance)
    assert plain == 40
    for n in range(6):  # the costs of longer passes are found by trying
        (last,), found = passes_for(engine, f"r{n}", **chance)
        assert found == expected
    assert last <= most


def test_penalties_of_what_was_written_count_drafted_ids_too(folder):
    engine = tiny_engine(folder)
    engine.pace.length = lambda rows, ids, rate, most: most
    circle = ids_of(1, 6) * 5
    penalties = {"frequency_penalty": 1.2, "presence_penalty": 0.5}
    _, expected = passes_for(engine, ids=circle, speculate=False, **penalties)
    (last,), found = passes_for(engine, "b", circle, **penalties)
    assert found == expected
    assert last < 40
    assert found != passes_for(engine, "c", circle)[1]


def test_where_each_row_costs_a_pass_nothing_is_drafted_for_long(folder):
    engine = Machine(0.01, 1.0).engine(folder)
    for n in range(6):
        (last,), _ = passes_for(engine, f"r{n}")
    assert last >= 35


@pytest.mark.parametrize("changes", [{"speculate": False}, {"fresh": True}])
def test_off_where_asked_and_for_seeds_that_are_to_repeat_rounded_numbers(folder, changes):
    engine = tiny_engine(folder, precision="bfloat16")
    engine.pace.length = lambda rows, ids, rate, most: most
    (plain,), _ = passes_for(engine, **changes)
    (drafted,), _ = passes_for(engine, "b")
    assert drafted < plain == 40


def test_drafts_end_with_the_answer(folder):
    """Also where the KV cache has no room for one more."""
    engine = tiny_engine(folder)
    engine.pace.length = lambda rows, ids, rate, most: most
    expected = answer(run(engine, submit("x", PROMPT, 40, libraries=[], speculate=False)), "x")
    for new in (1, 2, 3, 17, 40):
        assert passes_for(engine, f"r{new}", new=new)[1] == expected[:new]
    stop = expected[9]
    assert passes_for(engine, "s", stop_ids=[stop])[1] == expected[: expected.index(stop)]
    full = ids_of(3, 1024 - len(PROMPT) - 40) + PROMPT
    assert len(passes_for(engine, "full", full)[1]) == 40


def test_the_rest_of_the_notebook_and_other_notebooks_are_looked_up(tmp_path):
    shares = {**COPIES, "notebooks": [0.95]}
    engine = tiny_engine(write_checkpoint(tmp_path / "tiny", jupyter_sc2_second_voice=shares))
    Ngrams.of([6, *PASSAGE, 6]).save(tmp_path / "table.npy")
    engine.pace.length = lambda rows, ids, rate, most: most
    for beside in ({"document": [*PASSAGE, 0]}, {"notebooks": str(tmp_path / "table.npy")}):
        (plain,), expected = passes_for(engine, ids=PASSAGE[:8], speculate=False, **beside)
        (drafted,), found = passes_for(engine, ids=PASSAGE[:8], **beside)
        assert drafted < 20 < plain
        assert found == expected
