"""Several answers from one prompt, and the chances of what was written."""

import pytest
import torch
from tiny import answer, ask, ending, ids_of, run, submit, tiny_engine

from jupyter_sc2.messages import Failed, Finished, Tokens


def of(frames, candidate):
    return [i for f in frames if isinstance(f, Tokens) and f.candidate == candidate for i in f.ids]


@pytest.mark.parametrize("chunk", [16, 256])
def test_each_is_what_its_seed_gives_alone(checkpoint, chunk):
    ids = ids_of(1, 50)
    alone = [ask(tiny_engine(checkpoint), ids, 20, temperature=1.0, seed=5 + n) for n in range(4)]
    engine = tiny_engine(checkpoint, chunk=chunk)
    company = submit("other", ids_of(2, 40), 20)
    frames = run(engine, submit("a", ids, 20, temperature=1.0, seed=5, candidates=4), company)
    assert [of([f for f in frames if f.request_id == "a"], n) for n in range(4)] == alone
    last = ending(frames, "a")
    assert (last.finish, last.candidates, last.usage.recomputed_ids) == ("length", ["length"] * 4, 50)
    assert last.usage.new_ids == 80
    assert answer(frames, "other") == ask(tiny_engine(checkpoint), company.ids, 20)
    assert engine.idle
    assert not any(entry.busy for entry in engine.pool.entries)
    assert {entry.key for entry in engine.pool.entries} == {"a", "other"}, "one cache of the request is kept"


def test_each_ends_for_its_own_reason(engine):
    ids = ids_of(1, 30)
    drawn = [ask(engine, ids, 12, temperature=1.0, seed=n) for n in range(3)]
    stop = next(i for i in drawn[1] if i not in drawn[0] and i not in drawn[2])
    frames = run(engine, submit("a", ids, 12, temperature=1.0, seed=0, candidates=3, stop_ids=[stop]))
    assert ending(frames, "a").candidates == ["length", "stop", "length"]
    assert ending(frames, "a").finish == "length"
    assert [of(frames, n) for n in range(3)] == [drawn[0], drawn[1][: drawn[1].index(stop)], drawn[2]]


def test_one_candidate_is_told_as_ever(engine):
    frames = run(engine, submit("a", ids_of(1, 30), 3))
    assert all(f == Tokens("a", f.ids, 30) for f in frames[:-1])
    assert frames[-1] == Finished("a", "length", frames[-1].usage)


@pytest.mark.parametrize("steps", [0, 1, 3, 8])
def test_all_are_cancelled_with_one_end(checkpoint, steps):
    engine = tiny_engine(checkpoint, chunk=16)
    engine.submit(submit("a", ids_of(1, 40), 50, candidates=8))
    for _ in range(steps):
        engine.step()
    (last,) = engine.cancel("a")
    assert (last.finish, last.candidates) == ("cancelled", ["cancelled"] * 8)
    assert engine.idle
    assert not any(entry.busy for entry in engine.pool.entries)


def test_what_goes_wrong_with_one_ends_the_request_once(engine, monkeypatch):
    real = engine.pool.fork
    monkeypatch.setattr(engine.pool, "fork", lambda *args: real(*args) if args[1] != "a#2" else fail())
    other = ask(engine, ids_of(2, 30), 6)
    frames = run(engine, submit("a", ids_of(1, 30), 6, candidates=3), submit("b", ids_of(2, 30), 6))
    assert (type(ending(frames, "a")), ending(frames, "a").code) == (Failed, "out_of_memory")
    assert answer(frames, "b") == other
    assert not any(entry.busy for entry in engine.pool.entries)


def test_nan_of_one_candidate_ends_the_request_once(engine, monkeypatch):
    other, real = ask(engine, ids_of(2, 30), 9), engine.passes.run

    def run_with_nan(shares):
        logits = real(shares)
        for share, rows in zip(shares, logits, strict=True):
            if share.sequence.candidate == 1 and share.sequence.new_ids == 4:
                rows[:] = float("nan")
        return logits

    monkeypatch.setattr(engine.passes, "run", run_with_nan)
    frames = run(engine, submit("a", ids_of(1, 30), 9, candidates=3), submit("b", ids_of(2, 30), 9))
    assert ending(frames, "a").code == "nan_logits"
    assert [f for f in frames if f.request_id == "a"][-1] == ending(frames, "a"), "nothing comes after the end"
    assert answer(frames, "b") == other
    assert engine.idle
    assert not any(entry.busy for entry in engine.pool.entries)
    assert "a#1" not in [entry.key for entry in engine.pool.entries]


def fail():
    raise torch.OutOfMemoryError("CUDA out of memory.")


def test_a_group_makes_room_for_ghost_text_and_goes_on(checkpoint):
    ids = ids_of(1, 50)
    alone = [ask(tiny_engine(checkpoint), ids, 20, temperature=1.0, seed=n) for n in range(8)]
    engine = tiny_engine(checkpoint)
    frames = engine.submit(submit("a", ids, 20, temperature=1.0, candidates=8, priority=2))
    for _ in range(5):
        frames += engine.step()
    frames += run(engine, *[submit(f"g{n}", ids_of(n, 20), 6) for n in range(3)])
    assert [of([f for f in frames if f.request_id == "a"], n) for n in range(8)] == alone


def test_chances_are_those_of_a_plain_pass(engine):
    ids = ids_of(1, 30)
    frames = run(engine, submit("a", ids, 10, temperature=1.5, seed=3, top_k=40, logprobs=2, repetition_penalty=1.2))
    new = answer(frames, "a")
    told = [one for f in frames if isinstance(f, Tokens) for one in f.logprobs]
    with torch.inference_mode():
        chances = engine.model(torch.tensor([[*ids, *new]]))[0].log_softmax(-1)[len(ids) - 1 :]
    assert len(told) == len(new)
    for row, token_id, one in zip(chances, new, told, strict=False):
        assert one.logprob == pytest.approx(float(row[token_id]), abs=1e-4)
        assert [i for i, _ in one.top] == row.topk(2).indices.tolist()
    assert ask(engine, ids, 10, temperature=1.5, seed=3, top_k=40, repetition_penalty=1.2) == new


def test_tokens_of_one_candidate_can_be_joined():
    one, two = Tokens("a", [1], 7, 1), Tokens("a", [2, 3], 7, 1)
    assert one.joined(two) == Tokens("a", [1, 2, 3], 7, 1)
    assert one.joined(Tokens("a", [2], 7, 0)) is None
