"""Requests in, tokens out: the same tokens in any company, and no request's trouble is another's."""

import pytest
import torch
from tiny import answer, ask, ending, ids_of, run, submit, tiny_engine, write_checkpoint

from jupyter_sc2.engine.scheduler import MAX_RUNNING
from jupyter_sc2.messages import Failed, Finished, PrefillProgress, Tokens

NEW = 12


def greedy(engine, ids, new=NEW):
    """The answer by plain passes over everything, without a cache."""
    ids = list(ids)
    with torch.inference_mode():
        for _ in range(new):
            ids.append(int(engine.model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[-new:]


def free(engine):
    return engine.idle and not any(entry.busy for entry in engine.pool.entries)


# --- The same tokens, whatever the way -----------------------------------------------------------------------------


@pytest.mark.parametrize("window", [None, 32])
@pytest.mark.parametrize("chunk", [7, 256])
@pytest.mark.parametrize("pads", [False, True])
def test_greedy_is_that_of_plain_passes(tmp_path, window, chunk, pads):
    engine = tiny_engine(write_checkpoint(tmp_path, sliding_window=window), chunk=chunk)
    engine.passes.pads = pads
    ids = ids_of(1, 50)
    expected = greedy(engine, ids)
    assert len(set(expected)) > 4
    assert ask(engine, ids, NEW) == expected


@pytest.mark.parametrize("window", [None, 32])
@pytest.mark.parametrize("pads", [False, True])
def test_editing_recomputes_only_what_changed_and_changes_nothing(tmp_path, window, pads):
    engine = tiny_engine(write_checkpoint(tmp_path, sliding_window=window), chunk=16)
    engine.passes.pads = pads
    ids = ids_of(1, 60)
    edits = [
        (ids, 60),
        (ids, 1),  # the same again
        ([*ids, 77], 1),  # typed on; the suggestion was not taken
        (ids[:40], 1),  # deleted
        ([*ids[:30], 99, *ids[30:]], 31),  # typed in the middle
        (ids_of(2, 60), 60),  # elsewhere
    ]
    for prompt, recomputed in edits:
        frames = run(engine, submit("a", prompt, NEW))
        assert answer(frames, "a") == greedy(engine, prompt)
        assert ending(frames, "a").usage.recomputed_ids == recomputed


def test_an_accepted_suggestion_costs_nothing(engine):
    ids = ids_of(1, 40)
    accepted = ids + ask(engine, ids, NEW)
    frames = run(engine, submit("a", accepted, NEW))
    assert ending(frames, "a").usage.recomputed_ids == 1
    assert answer(frames, "a") == greedy(engine, accepted)


def test_the_next_editor_shares_the_cells_before_it(engine):
    cells, ids = ids_of(1, 80), ids_of(2, 20)
    run(engine, submit("first", cells + ids_of(3, 10), 4))
    frames = run(engine, submit("second", cells + ids, NEW))
    assert ending(frames, "second").usage.recomputed_ids == 20
    assert answer(frames, "second") == greedy(engine, cells + ids)
    again = run(engine, submit("first", cells + ids_of(3, 10), NEW))
    assert ending(again, "first").usage.recomputed_ids == 1


def test_warming_makes_the_next_request_cheap(engine):
    ids = ids_of(1, 300)
    frames = run(engine, submit("a", ids, 0))
    assert ending(frames, "a") == Finished("a", "warmed", ending(frames, "a").usage)
    assert (ending(frames, "a").usage.recomputed_ids, ending(frames, "a").usage.new_ids) == (300, 0)
    assert ending(run(engine, submit("a", ids, 0)), "a").usage.recomputed_ids == 0
    frames = run(engine, submit("a", ids, NEW))
    assert ending(frames, "a").usage.recomputed_ids == 1
    assert answer(frames, "a") == greedy(engine, ids)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_an_answer_is_the_same_alone_and_in_company(checkpoint, temperature):
    requests = [
        submit(f"r{n}", ids_of(n, 20 + 9 * n), 10 + n, priority=n % 3, seed=n, temperature=temperature, top_p=0.9)
        for n in range(9)
    ]
    alone = {r.request_id: answer(run(tiny_engine(checkpoint), r), r.request_id) for r in requests}
    together = tiny_engine(checkpoint, chunk=16)
    frames = [frame for request in requests[::2] for frame in together.submit(request)]
    for request in requests[1::2]:  # the others come while those run
        for _ in range(5):
            frames += together.step()
        frames += together.submit(request)
    frames += run(together)
    assert {r.request_id: answer(frames, r.request_id) for r in requests} == alone
    assert free(together)


def test_a_chat_that_had_to_wait_for_room_goes_on_where_it_was(checkpoint):
    engine = tiny_engine(checkpoint)
    chat = submit("chat", ids_of(1, 40), 20, priority=2)
    expected = ask(tiny_engine(checkpoint), chat.ids, 20)
    frames = engine.submit(chat)
    for _ in range(6):
        frames += engine.step()
    assert answer(frames, "chat") == expected[:6]
    ghosts = [submit(f"g{n}", ids_of(n, 30), 8) for n in range(MAX_RUNNING)]
    frames += [frame for ghost in ghosts for frame in engine.submit(ghost)] + engine.step()
    assert [sequence.request.request_id for sequence in engine.scheduler.waiting] == ["chat"]
    frames += run(engine)
    assert answer(frames, "chat") == expected
    assert ending(frames, "chat").usage.recomputed_ids == 40
    assert frames[-1].request_id == "chat"


def test_seeds_reproduce_and_differ(engine):
    ids = ids_of(1, 30)
    drawn = [ask(engine, ids, NEW, temperature=1.0, seed=seed) for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_few_shapes_occur_in_bfloat16(checkpoint, monkeypatch):
    engine = tiny_engine(checkpoint, precision="bfloat16")
    real, rows = engine.model.model.forward, set()
    monkeypatch.setattr(engine.model.model, "forward", lambda ids, runs: (rows.add(len(ids)), real(ids, runs))[1])
    for count in range(1, 600, 7):
        run(engine, submit("a", ids_of(count, count), 2))
    assert rows <= {1, 4, 8, 16, 32, 64, 128, 256}


# --- How a request ends --------------------------------------------------------------------------------------------


def test_it_stops_before_a_stop_id_and_at_the_limit(engine):
    ids = ids_of(1, 30)
    expected = greedy(engine, ids)
    frames = run(engine, submit("a", ids, NEW))
    assert (ending(frames, "a").finish, ending(frames, "a").usage.new_ids) == ("length", NEW)
    stop = expected[5]
    frames = run(engine, submit("a", ids, NEW, stop_ids=[stop, 3]))
    assert answer(frames, "a") == expected[: expected.index(stop)]
    assert ending(frames, "a").finish == "stop"


def test_ids_beyond_the_tokenizer_never_come(engine):
    engine.intake.known_ids = 100
    assert max(ask(engine, ids_of(1, 30), 40, temperature=2.0)) < 100


def test_progress_is_told_only_of_a_long_prefill(checkpoint):
    engine = tiny_engine(checkpoint, chunk=16)
    kinds = [type(frame) for frame in run(engine, submit("a", ids_of(1, 16), 1))]
    assert kinds == [Tokens, Finished]
    frames = run(engine, submit("b", ids_of(2, 40), 1))
    assert frames[:-2] == [PrefillProgress("b", 16, 40), PrefillProgress("b", 32, 40)]


@pytest.mark.parametrize("steps", [0, 1, 4, 7], ids=["waiting", "prefill", "late prefill", "decoding"])
def test_cancelling_is_real_within_one_step(checkpoint, steps):
    engine = tiny_engine(checkpoint, chunk=16)
    engine.submit(submit("a", ids_of(1, 80), 50))
    for _ in range(steps):
        engine.step()
    (last,) = engine.cancel("a")
    assert (last.finish, last.usage.new_ids) == ("cancelled", max(0, steps - 4))
    assert free(engine)
    assert engine.step() == []
    assert engine.cancel("a") == []


def test_cancelling_spares_the_others(checkpoint):
    requests = [submit(f"r{n}", ids_of(n, 30), NEW) for n in range(20)]
    alone = {r.request_id: answer(run(tiny_engine(checkpoint), r), r.request_id) for r in requests}
    engine = tiny_engine(checkpoint)
    frames = [frame for request in requests for frame in engine.submit(request)]
    for number in range(0, 20, 5):
        frames += engine.step() + engine.cancel(f"r{number}")
    frames += run(engine)
    for n, request in enumerate(requests):
        name = request.request_id
        assert ending(frames, name).finish == ("length" if n % 5 else "cancelled")
        if n % 5:
            assert answer(frames, name) == alone[name]
    assert free(engine)


# --- Trouble -------------------------------------------------------------------------------------------------------


def break_pass(monkeypatch, engine, calls, error):
    """Lets the given forward passes of the engine (counted from 1) raise, or answer NaN when `error` is None."""
    real, count = engine.model.model.forward, [0]

    def forward(ids, runs=None):
        count[0] += 1
        if count[0] in calls and error is not None:
            raise error
        return real(ids, runs) * (float("nan") if count[0] in calls else 1.0)

    monkeypatch.setattr(engine.model.model, "forward", forward)


TROUBLES = {
    "engine_error": (RuntimeError("evil"), [4]),
    "nan_logits": (None, [4]),
    "out_of_memory": (torch.OutOfMemoryError("CUDA out of memory."), [4, 5]),
}


@pytest.mark.parametrize("code", TROUBLES)
def test_trouble_is_one_requests_own(engine, monkeypatch, capsys, code):
    error, calls = TROUBLES[code]
    ids, other = ids_of(1, 30), ids_of(2, 30)
    expected = greedy(engine, other)
    break_pass(monkeypatch, engine, calls, error)
    frames = run(engine, submit("a", ids, NEW))
    last = ending(frames, "a")
    assert isinstance(last, Failed)
    assert last.code == code
    assert last.message.endswith(".")
    assert last.hint
    assert free(engine)
    assert engine.pool.entries == []  # what may be damaged is not kept
    assert ask(engine, other, NEW, name="b") == expected
    assert "Traceback" not in last.message
    assert ("evil" in capsys.readouterr().err) == (code == "engine_error")


MARK = 511


def evil_for(monkeypatch, engine, error, after=10):
    """From pass `after` on, passes that compute an id of a cache that begins with MARK fail, or give NaN there."""
    real, count = engine.model.model.forward, [0]

    def forward(ids, runs=None):
        count[0] += 1
        hidden, end = real(ids, runs), 0
        for cache, rows, *_ in runs:
            start, end = end, end + rows
            if count[0] >= after and any(e.cache is cache and e.ids[0] == MARK for e in engine.pool.entries):
                if error is not None:
                    raise error
                hidden[start:end] = float("nan")
        return hidden

    monkeypatch.setattr(engine.model.model, "forward", forward)


@pytest.mark.parametrize("code", TROUBLES)
def test_trouble_in_a_batch_spares_the_others(engine, monkeypatch, capsys, code):
    requests = [submit(name, ids_of(n, 30), 20) for n, name in enumerate("abcdef")]
    requests[2] = submit("c", [MARK, *ids_of(2, 30)], 20)
    expected = {r.request_id: greedy(engine, r.ids, 20) for r in requests}
    evil_for(monkeypatch, engine, TROUBLES[code][0])
    frames = run(engine, *requests)
    assert ending(frames, "c").code == code
    assert ending(frames, "c").hint
    spared = "def" if code == "out_of_memory" else "abdef"  # the half without the one who takes too much
    assert {name: answer(frames, name) for name in spared} == {name: expected[name] for name in spared}
    assert free(engine)
    monkeypatch.undo()
    assert ask(engine, requests[0].ids, 20, name="next") == expected["a"]


def test_a_pass_that_fails_once_is_nobodys_failure(engine, monkeypatch):
    requests = [submit(name, ids_of(n, 30), NEW) for n, name in enumerate("abc")]
    expected = {r.request_id: greedy(engine, r.ids) for r in requests}
    break_pass(monkeypatch, engine, [5], RuntimeError("evil"))
    frames = run(engine, *requests)
    assert {name: answer(frames, name) for name in "abc"} == expected


def test_when_memory_runs_out_the_batch_is_halved_once(engine, monkeypatch):
    requests = [submit(name, ids_of(n, 30), NEW) for n, name in enumerate("abcd")]
    expected = {r.request_id: greedy(engine, r.ids) for r in requests}
    real = engine.model.model.forward

    def forward(ids, runs=None):
        if len(runs) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(ids, runs)

    monkeypatch.setattr(engine.model.model, "forward", forward)
    frames = run(engine, *requests)
    assert {name: answer(frames, name) for name in "abcd"} == expected


@pytest.mark.parametrize("words", ["[enforce fail] DefaultCPUAllocator: can't allocate memory: 9", "not enough memory"])
def test_when_memory_runs_out_idle_caches_go_first(engine, monkeypatch, words):
    run(engine, submit("idle", ids_of(3, 30), 1))
    expected = greedy(engine, ids_of(1, 30))
    break_pass(monkeypatch, engine, [3], RuntimeError(words))
    assert ask(engine, ids_of(1, 30), NEW) == expected
    assert [entry.key for entry in engine.pool.entries] == ["a"]


def test_caches_stay_within_their_bound(checkpoint):
    engine = tiny_engine(checkpoint, cache_bytes=0)
    engine.pool.limit = 5 * engine.pool.size(256)
    for n in range(12):
        run(engine, *[submit(f"r{n}-{m}", ids_of(n, 100 * m), 8) for m in range(1, 6)])
        assert engine.pool.nbytes <= engine.pool.limit
    frames = run(engine, submit("big", ids_of(1, 1000), 24))
    assert isinstance(ending(frames, "big"), Finished)
    engine.pool.limit -= 1
    assert engine.pool.size(1024) < engine.pool.limit
    engine.pool.limit = engine.pool.size(256)
    (refused,) = engine.submit(submit("too big", ids_of(1, 300), 8))
    assert (refused.code, "KV cache" in refused.message, bool(refused.hint)) == ("out_of_memory", True, True)


REFUSED = {
    "prompt_too_long": submit("a", [40] * 1000, 25),
    "bad_value empty": submit("a", [], 1),
    "bad_value ids": submit("a", [40, 512], 1),
    "bad_value negative ids": submit("a", [40, -1], 1),
    "bad_value limit": submit("a", [40], -1),
    "bad_value temperature": submit("a", [40], 1, temperature=-1.0),
    "bad_value not a number": submit("a", [40], 1, temperature=float("nan")),
    "bad_value top_p": submit("a", [40], 1, top_p=0.0),
    "bad_value seed": submit("a", [40], 1, seed=-1),
    "bad_value top_k": submit("a", [40], 1, top_k=-1),
    "bad_value large top_k": submit("a", [40], 1, top_k=1 << 40),
    "bad_value penalty": submit("a", [40], 1, repetition_penalty=0.0),
    "bad_value large penalty": submit("a", [40], 1, repetition_penalty=float("inf")),
    "bad_value penalty of nan": submit("a", [40], 1, repetition_penalty=float("nan")),
    "bad_value lowered too far": submit("a", [40], 1, frequency_penalty=2.1),
    "bad_value lowered by nan": submit("a", [40], 1, presence_penalty=float("nan")),
    "bad_value logprobs": submit("a", [40], 1, logprobs=21),
    "bad_value candidates": submit("a", [40], 1, candidates=0),
    "bad_value many candidates": submit("a", [40], 1, candidates=9),
    "bad_value empty stop": submit("a", [40], 1, stop=[""]),
    "bad_value many stops": submit("a", [40], 1, stop=["x"] * 17),
    "bad_value long stop": submit("a", [40], 1, stop=["x" * 257]),
    "bad_value stop without a tokenizer": submit("a", [40], 1, stop=["x"]),
    "conflict": submit("open", [40], 1),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_served_is_refused_at_once(engine, case):
    engine.submit(submit("open", [40], 1))
    (refused,) = engine.submit(REFUSED[case])
    assert (refused.code, refused.request_id) == (case.split()[0], REFUSED[case].request_id)
    assert refused.message.endswith(".")
    assert ending(run(engine), "open").finish == "length"


@pytest.mark.parametrize("pads", [False, True])
def test_a_prompt_may_fill_all_positions(engine, pads):
    engine.passes.pads = pads
    assert len(ask(engine, ids_of(1, 1000), 24)) == 24
