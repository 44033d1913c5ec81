"""How much of a prompt is read at a time."""

import pytest
import torch
from tiny import run, submit, tiny_engine

from jupyter_sc2.engine.reading_pace import GPU_CHUNK, LEAST, MOST, ReadingPace, measure
from jupyter_sc2.engine.weights import load
from jupyter_sc2.messages import Reads

CPU = torch.device("cpu")


@pytest.mark.parametrize(("per_second", "chunk"), [(0, MOST), (8000, MOST), (110, 128), (45, 64), (20, 32), (1, LEAST)])
def test_a_chunk_takes_two_seconds_at_most(per_second, chunk):
    """110, 45 and 20 a second: a 3B, 7B and 15B on two cores."""
    assert ReadingPace(CPU, per_second).chunk == chunk


def test_a_gpu_reads_more_at_a_time():
    assert ReadingPace(torch.device("cuda"), 10.0).chunk == GPU_CHUNK


def test_chunks_follow_what_reading_takes_and_news_come_in_steps():
    pace = ReadingPace(CPU, 100.0)
    pace.saw(128, 128 / 110)
    assert pace.news() is None
    for _ in range(20):
        pace.saw(128, 0.5)
    assert pace.news() == pytest.approx(256, rel=0.01)
    assert pace.news() is None
    for _ in range(20):
        pace.saw(256, 8.0)  # other programs took the processors
    assert pace.chunk == 64
    assert pace.news() is None


def test_a_few_ids_say_nothing():
    pace = ReadingPace(CPU, 100.0)
    pace.saw(8, 8.0)
    assert pace.per_second == 100.0


def test_the_engine_measures_and_tells(checkpoint):
    engine = tiny_engine(checkpoint)
    engine.reading = ReadingPace(CPU, 1.0)
    frames = run(engine, submit("a", [40] * 200, new=2))
    told = [frame.per_second for frame in frames if isinstance(frame, Reads)]
    assert told
    assert told == sorted(told)
    assert engine.reading.per_second > 1.0
    assert measure(load(checkpoint, "float32", "cpu"), 1) > 1.0
