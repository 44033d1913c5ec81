"""Any company, any chunks, any drafts: the same ids as alone, in fp32."""

from __future__ import annotations

import time
from random import Random

import pytest
from tiny import FixedChunk, answer, ending, ids_of, run, submit, tiny_engine, write_checkpoint

from jupyter_sc2 import catalog
from jupyter_sc2.engine import speculation
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.pace import Pace
from jupyter_sc2.engine.weights import load
from jupyter_sc2.messages import Failed, Tokens
from jupyter_sc2.tokenizer import Tokenizer

NEW = 24


class Solos:
    """Requests and what each answers alone, without drafts."""

    def __init__(self, engine, prompts):
        self.answers = []
        for number, ids in enumerate(prompts):
            chance = {"temperature": 1.0, "seed": number, "top_p": 0.95, "top_k": 60} if number % 3 == 0 else {}
            penalty = {"repetition_penalty": 1.3} if number % 4 == 0 else {}
            request = submit("solo", ids, NEW, speculate=False, cache_key=str(number), **chance, **penalty)
            self.answers.append((ids, chance | penalty, answer(run(engine, request), "solo")))

    def pick(self, random, name):
        """A request that ends after a random number of ids, and its answer."""
        ids, options, expected = random.choice(self.answers)
        new = random.randint(1, NEW)
        key, fresh = random.choice(["shared", name]), random.random() < 0.2
        priority, speculate = random.randrange(3), random.random() < 0.7
        asked = submit(name, ids, new, priority=priority, cache_key=key, fresh=fresh, speculate=speculate, **options)
        return asked, expected[:new]


class AnyPace(Pace):
    """Drafts as often as not."""

    def __init__(self, random):
        super().__init__()
        self.random = random

    def length(self, rows, ids, rate, most):
        return self.random.randint(0, most)


def compose(engine, solos, random, monkeypatch):
    """Runs one random composition; returns frames, what was expected, and who was cancelled."""
    asked = [solos.pick(random, f"r{number}") for number in range(random.randint(2, 9))]
    expected = {request.request_id: ids for request, ids in asked}
    arrivals = sorted((random.randrange(25), number) for number in range(len(asked)))
    cancels = {random.randrange(30): f"r{random.randrange(len(asked))}" for _ in range(random.randrange(3))}

    def propose(sequence):
        """The true continuation, with some ids wrong, as far as the answer goes."""
        rest = expected[sequence.request.request_id][sequence.new_ids : -1]
        right = random.choice([0.0, 0.5, 0.9, 1.0])
        return [token_id if random.random() < right else 38 + random.randrange(400) for token_id in rest], 2

    monkeypatch.setattr(speculation, "propose", propose)
    engine.pace, engine.reading = AnyPace(random), FixedChunk(random.choice([5, 16, 33, 256]))
    frames, cancelled = [], set()
    for step in range(2000):
        while arrivals and arrivals[0][0] <= step:
            frames += engine.submit(asked[arrivals.pop(0)[1]][0])
        ended = engine.cancel(cancels[step]) if step in cancels else []
        cancelled |= {frame.request_id for frame in ended}
        frames += ended + engine.step()
        if not arrivals and engine.idle:
            break
    assert engine.idle
    assert not any(entry.busy for entry in engine.pool.entries)
    return frames, expected, cancelled


def check_many(engine, solos, seeds, monkeypatch):
    passes = 0
    for seed in seeds:
        frames, expected, cancelled = compose(engine, solos, Random(seed), monkeypatch)
        for name, ids in expected.items():
            found = answer(frames, name)
            assert found == (ids[: len(found)] if name in cancelled else ids), (seed, name)
        passes += sum(len(frame.ids) > 1 for frame in frames if isinstance(frame, Tokens))
    assert passes > len(seeds), "drafts were accepted"


@pytest.mark.parametrize("window", [None, 32])
def test_a_hundred_random_compositions_of_small_weights(tmp_path, window, monkeypatch):
    folder = write_checkpoint(tmp_path, sliding_window=window)
    engine = tiny_engine(folder, cache_bytes=3 << 20)
    prompts = [ids_of(n % 20, 1 + 7 * (n % 17)) + ids_of(n, n % 5) for n in range(36)]
    check_many(engine, Solos(tiny_engine(folder), prompts), range(100), monkeypatch)


def test_random_compositions_of_the_built_in_weights(monkeypatch):
    entry = catalog.find(catalog.BUILT_IN)
    loaded, tokenizer = load(entry.folder, "float32", "cpu"), Tokenizer(entry.tokenizer_path)
    lines = [
        "import numpy as np\n",
        "df = pd.read_csv('birds.csv')\ndf.",
        "for i in range(10):\n    print(",
        "def mean(",
    ]
    prompts = [[1, *tokenizer.encode("".join(lines[n % 3 :]) + lines[n % 4]), 3, 2] for n in range(8)]
    solos = Solos(Engine(loaded, 64 << 20), prompts)
    check_many(Engine(loaded, 64 << 20), solos, range(8), monkeypatch)


# --- Cancelling ----------------------------------------------------------------------------------------------------


def test_a_hundred_streams_are_cancelled_within_250_ms(checkpoint):
    engine = tiny_engine(checkpoint)
    requests = [submit(f"r{n}", ids_of(n, 40), 900, priority=n % 3) for n in range(100)]
    frames = [frame for request in requests for frame in engine.submit(request)]
    for _ in range(40):
        frames += engine.step()
    assert sum(len(frame.ids) for frame in frames if isinstance(frame, Tokens)) > 100
    started = time.perf_counter()
    ended = [frame for request in requests for frame in engine.cancel(request.request_id)]
    assert engine.idle
    assert engine.step() == []
    assert time.perf_counter() - started < 0.25
    assert {(frame.request_id, frame.finish) for frame in ended} == {(r.request_id, "cancelled") for r in requests}
    assert not any(entry.busy for entry in engine.pool.entries)
    frames = run(engine, submit("next", ids_of(7, 40), 4))
    assert len(answer(frames, "next")) == 4


def test_every_tenth_is_cancelled_and_the_others_are_spared(checkpoint):
    requests = [submit(f"r{n}", ids_of(n, 20 + n % 7), 6, priority=n % 3) for n in range(100)]
    solo = tiny_engine(checkpoint)
    alone = {request.request_id: answer(run(solo, request), request.request_id) for request in requests}
    engine = tiny_engine(checkpoint)
    frames = [frame for request in requests for frame in engine.submit(request)]
    for n in range(0, 100, 10):
        frames += engine.step() + engine.cancel(f"r{n}")
    frames += run(engine)
    assert all(answer(frames, f"r{n}") == alone[f"r{n}"] for n in range(100) if n % 10)


def test_cancelling_a_prefill_leaves_no_busy_cache(checkpoint):
    engine = tiny_engine(checkpoint, chunk=64)
    engine.submit(submit("a", ids_of(1, 900), 50))
    engine.submit(submit("b", ids_of(2, 900), 50))
    for _ in range(3):
        assert not any(isinstance(frame, Tokens | Failed) for frame in engine.step())
    assert any(entry.busy for entry in engine.pool.entries)
    engine.cancel("a")
    engine.cancel("b")
    assert engine.idle
    assert not any(entry.busy for entry in engine.pool.entries)


# --- Fairness ------------------------------------------------------------------------------------------------------


def test_prompts_share_a_pass(checkpoint):
    engine = tiny_engine(checkpoint)
    for n in range(8):
        engine.submit(submit(f"r{n}", ids_of(n, 30), 1))
    assert len([frame for frame in engine.step() if isinstance(frame, Tokens)]) == 8


def test_ghost_text_comes_within_a_chunk_and_a_long_chat_goes_on(checkpoint):
    """A chat of many ids, one more with a long prompt, and ghost text again and again."""
    engine = tiny_engine(checkpoint, chunk=64)
    frames = engine.submit(submit("chat", ids_of(1, 100), 900, priority=2)) + engine.step() + engine.step()
    frames += engine.submit(submit("long", ids_of(2, 800), 8, priority=2))
    for n in range(30):
        frames += engine.step() + engine.submit(submit(f"g{n}", ids_of(n, 60), 8))
        first = engine.step()
        assert f"g{n}" in {frame.request_id for frame in first if isinstance(frame, Tokens)}, "within one chunk"
        assert "chat" in {frame.request_id for frame in first if isinstance(frame, Tokens)}, "it is not held up"
        frames += first
        for _ in range(6):
            frames += engine.step()
    frames += run(engine)
    assert all(len(answer(frames, f"g{n}")) == 8 for n in range(30))
    assert (len(answer(frames, "chat")), len(answer(frames, "long"))) == (900, 8)
    assert ending(frames, "chat").finish == "length"
    last_ghost = max(n for n, frame in enumerate(frames) if frame.request_id == "g29")
    assert any(frame.request_id == "long" for frame in frames[:last_ghost]), "fair turns"


def test_a_long_prompt_holds_a_stream_for_one_chunk(checkpoint):
    engine = tiny_engine(checkpoint, chunk=64)
    frames = engine.submit(submit("stream", ids_of(1, 30), 60)) + engine.step()
    frames += engine.submit(submit("long", ids_of(2, 900), 4))
    for _ in range(20):
        assert "stream" in {frame.request_id for frame in engine.step() if isinstance(frame, Tokens)}


@pytest.mark.parametrize("candidates", [1, 3])
def test_what_is_to_be_fresh_is_alone_in_bfloat16_only(checkpoint, candidates):
    for precision in ("bfloat16", "float32"):
        engine = tiny_engine(checkpoint, precision=precision)
        engine.submit(submit("a", ids_of(1, 30), 8, fresh=True, candidates=candidates))
        engine.submit(submit("b", ids_of(2, 30), 8))
        names = {frame.request_id for frame in engine.step()}
        assert len(names) == (1 if precision == "bfloat16" else 2)
        frames = run(engine)
        assert ending(frames, "a").finish == ending(frames, "b").finish == "length"
