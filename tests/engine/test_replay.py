"""Replayed passes give what passes give; on a CPU the same computations run, only that nothing is recorded."""

import contextlib
import gc
from types import SimpleNamespace

import pytest
import torch
from tiny import ids_of, random_tensors, write_config

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.model import Run, Starcoder2
from jupyter_sc2.engine.replay import TRIES, Graphs, Replay, Unrecorded

CASES = {
    "two-kv-heads-untied": {},
    "one-kv-head-tied": {"num_key_value_heads": 1, "tie_word_embeddings": True},
    "all-kv-heads-no-bias": {"num_key_value_heads": 4, "use_bias": False},
    "window": {"sliding_window": 16},
    "window-tied": {"num_key_value_heads": 1, "sliding_window": 300, "tie_word_embeddings": True},
}
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


class Counting(Unrecorded):
    """Counts recordings; the first `failures` go wrong. Returns one tensor again and again, as a graph does."""

    def __init__(self, failures=0):
        self.made, self.failures = 0, failures

    def record(self, compute):
        if self.failures:
            self.failures -= 1
            raise RuntimeError("no memory")
        self.made += 1
        out = compute().clone()
        return lambda: out.copy_(compute())


def tiny_model(folder, dtype=torch.float32, device="cpu", **changes):
    config = write_config(folder, **changes)
    model = Starcoder2(config)
    model.load_state_dict(random_tensors(config), strict=False)
    model.tie()
    return model.to(device, dtype).freeze()


@pytest.fixture
def model(tmp_path):
    return tiny_model(tmp_path)


def new_cache(model, positions):
    """What is not written yet is not a number: nothing may look at it."""
    weight = model.model.norm.weight
    cache = KVCache(model.config, positions, weight.dtype, weight.device)
    cache.tensor.fill_(float("nan"))
    return cache


def passed(model, cache, ids):
    with torch.inference_mode():
        return model(torch.tensor(ids, device=cache.tensor.device), [Run(cache, len(ids))])


def pair(model, count, positions):
    """Two caches that begin with the same ids."""
    caches = [new_cache(model, positions) for _ in range(2)]
    for cache in caches:
        passed(model, cache, ids_of(1, count))
    return caches


def valid(cache):
    return cache.tensor.narrow(4, 0, cache.length)


def follow(model, recorder, near, start, count=24):
    """Both ways through the next ids, in parts of 1 to 4 rows and one of 7."""
    replay = Replay(model, recorder, patience=0, span=64)
    mine, theirs = pair(model, start, start + count + 7)
    ids = ids_of(2, count + 7)
    sizes = [1, 1, 2, 3, 4, 1, 7, 4, 3, 2, 1, 1, 1]
    for part in torch.tensor(ids).split([*sizes, len(ids) - sum(sizes)]):
        if not len(part):
            continue
        logits = replay.run(mine, part.tolist())
        near(logits, passed(model, theirs, part.tolist()))
    assert mine.length == theirs.length == start + count + 7
    near(valid(mine), valid(theirs))
    assert replay.recorded


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("start", [1, 50, 300])
@pytest.mark.parametrize("case", CASES)
def test_a_replayed_pass_gives_what_a_pass_gives(tmp_path, case, start, device):
    model = tiny_model(tmp_path, device=device, **CASES[case])
    recorder = Graphs(torch.device(device)) if device == "cuda" else Unrecorded()
    follow(model, recorder, lambda a, b: torch.testing.assert_close(a, b, atol=1e-4, rtol=0), start)


@pytest.mark.parametrize("case", CASES)
def test_in_bfloat16_as_well(tmp_path, case):
    def near(mine, theirs):
        difference = (mine.float() - theirs.float()).square().mean().sqrt()
        assert difference < 0.03 * theirs.float().std()

    follow(tiny_model(tmp_path, torch.bfloat16, **CASES[case]), Unrecorded(), near, 50)


def test_the_window_reads_only_keys_that_some_query_may_look_at(tmp_path):
    model = tiny_model(tmp_path, sliding_window=16)
    replay = Replay(model, Unrecorded(), patience=0, span=64)
    cache, _ = pair(model, 200, 256)
    replay.run(cache, [50])
    (plan,) = replay.recorded
    assert plan.step.keys[0] == (192 - 15) // 8 * 8
    assert plan.step.keys[-1] == 255


def test_logits_of_before_stay_as_they_were(model):
    replay, recorder = Replay(model, recorder := Counting(), patience=0), recorder
    cache, _ = pair(model, 10, 100)
    first = replay.run(cache, [40])
    kept = first.clone()
    replay.run(cache, [41])
    assert recorder.made == 1
    torch.testing.assert_close(first, kept, atol=0, rtol=0)


def test_a_cache_that_was_cut_back_is_written_over(model):
    replay = Replay(model, Counting(), patience=0)
    mine, theirs = pair(model, 20, 100)
    replay.run(mine, [40, 41, 42, 43])
    mine.length = 21
    passed(model, theirs, [40])
    torch.testing.assert_close(replay.run(mine, [60]), passed(model, theirs, [60]), atol=1e-4, rtol=0)


def test_one_recording_for_each_cache_number_of_rows_and_span(model):
    replay = Replay(model, recorder := Counting(), patience=0, span=64)
    mine, other = pair(model, 10, 200)
    for ids in ([40], [41], [42, 43], [44, 45, 46], [47, 48, 49, 50]):
        replay.run(mine, ids)
    assert recorder.made == 3  # of 1, 2 and 4 rows
    replay.run(other, [40])
    assert recorder.made == 4
    mine.length = 63
    replay.run(mine, [40])
    assert recorder.made == 4
    replay.run(mine, [41])
    assert recorder.made == 5


def test_what_is_asked_for_seldom_is_not_recorded(model):
    replay = Replay(model, recorder := Counting(), patience=2)
    cache, _ = pair(model, 10, 100)
    made = []
    for _ in range(4):
        replay.run(cache, [40])
        made.append(recorder.made)
    assert made == [0, 0, 1, 1]
    assert cache.length == 14


def test_what_does_not_fit_is_left_to_a_pass(model):
    replay = Replay(model, recorder := Counting(), patience=0)
    cache, _ = pair(model, 254, 256)
    assert replay.run(cache, ids_of(3, 9)) is None
    assert replay.run(cache, [40, 41, 42]) is None
    assert replay.run(cache, [40, 41]) is not None
    assert replay.run(cache, [42]) is None
    assert cache.length == 256
    assert recorder.made == 1


def test_the_longest_unused_recording_goes(model):
    replay = Replay(model, recorder := Counting(), patience=0, kept=2)
    cache, _ = pair(model, 10, 100)
    for rows in (1, 2, 1, 4, 1):
        replay.run(cache, [40] * rows)
        assert len(replay.recorded) <= 2
    assert recorder.made == 3
    replay.run(cache, [40, 41])
    assert recorder.made == 4


def test_recordings_keep_no_cache_alive_and_go_with_it(model):
    replay = Replay(model, Unrecorded(), patience=0)
    mine, other = pair(model, 10, 100)
    replay.run(mine, [40])
    replay.run(other, [40])
    gc.disable()
    try:
        del mine
        assert len(replay.recorded) == len(replay.plans) == 1
    finally:
        gc.enable()


def test_where_recording_fails_the_same_is_computed_without(model):
    replay = Replay(model, recorder := Counting(failures=1), patience=0)
    mine, theirs = pair(model, 10, 100)
    for _ in range(2):
        torch.testing.assert_close(replay.run(mine, [40]), passed(model, theirs, [40]), atol=1e-4, rtol=0)
        assert recorder.made == len(replay.recorded) == mine.length - 11
    recorder.failures = 99
    for _ in range(9):
        both = replay.run(mine, [40, 41]), passed(model, theirs, [40, 41])
        torch.testing.assert_close(*both, atol=1e-4, rtol=0)
    assert recorder.failures == 99 - (TRIES - 1)


def test_numbers_are_rounded_alike_before_and_after_recording(tmp_path):
    model = tiny_model(tmp_path, torch.bfloat16)
    replay = Replay(model, Counting(), patience=1)
    cache, _ = pair(model, 30, 100)
    found = []
    for _ in range(3):
        cache.length = 30
        found.append(replay.run(cache, [40]))
    assert replay.recorded
    assert found[0].equal(found[1])
    assert found[0].equal(found[2])


def test_the_computations_read_no_number_back_and_stay_on_the_device(tmp_path):
    """On torch's device without data: whatever would need a number, or a tensor elsewhere, fails there."""
    model = tiny_model(tmp_path, sliding_window=16).to("meta")
    cache = KVCache(model.config, 200, torch.float32, torch.device("meta"))
    cache.length = 90
    logits = Replay(model, Unrecorded(), patience=0, span=64).run(cache, [40, 41, 42])
    assert logits.shape == (3, 512)
    assert logits.is_meta
    assert cache.length == 93


class Card:
    """Stands in for `torch.cuda`: writes down what is done on which stream."""

    def __init__(self, monkeypatch):
        self.done, self.now, self.replays = [], "main", 0
        for name, stand_in in {"Stream": self.stream_of, "current_stream": self.stream_of, "device": self.on}.items():
            monkeypatch.setattr(torch.cuda, name, stand_in)
        monkeypatch.setattr(torch.cuda, "stream", self.on)
        monkeypatch.setattr(torch.cuda, "graph", self.graph)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: Drawn(self))

    def stream_of(self, device=None):
        name = "main" if device is None else "side"
        return SimpleNamespace(name=name, wait_stream=lambda other: self.done.append(f"{name} waits for {other.name}"))

    @contextlib.contextmanager
    def on(self, stream):
        before, self.now = self.now, getattr(stream, "name", self.now)
        try:
            yield
        finally:
            self.now = before

    @contextlib.contextmanager
    def graph(self, graph, pool, stream):
        self.done.append(f"captures with pool {pool}")
        yield
        graph.number = sum(line.startswith("captures") for line in self.done)


class Drawn:
    def __init__(self, card):
        self.card, self.number = card, 0

    def pool(self):
        return self.number

    def replay(self):
        self.card.replays += 1


def test_a_graph_is_warmed_up_beside_captured_once_and_shares_memory_with_one_that_lives(monkeypatch):
    card = Card(monkeypatch)
    graphs = Graphs(torch.device("cuda"))

    def compute():
        card.done.append(f"computes on {card.now}")
        return torch.zeros(1)

    replay = graphs.record(compute)
    once = ["side waits for main", "computes on side", "captures with pool None", "computes on side",
            "main waits for side"]  # fmt: skip
    assert card.done == once
    assert replay() is replay()
    assert (card.done, card.replays) == (once, 2)
    other = graphs.record(compute)
    assert "captures with pool 1" in card.done
    del replay, other
    graphs.record(compute)
    assert card.done[-3] == "captures with pool None"  # a pool whose graphs are gone cannot be used again


def test_a_capture_that_fails_leaves_the_stream_as_it_was(monkeypatch):
    card = Card(monkeypatch)
    graphs = Graphs(torch.device("cuda"))
    with pytest.raises(RuntimeError):
        graphs.record(lambda: (_ for _ in ()).throw(RuntimeError("no memory")))
    assert card.now == "main"
