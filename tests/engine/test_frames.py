"""The pipe's language: what goes in comes out, however it is cut, and what is no frame is refused."""

import contextlib
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sc2.engine import frames
from jupyter_sc2.messages import (
    Cancel,
    Failed,
    Finished,
    Hello,
    Load,
    Logprob,
    PrefillProgress,
    Stop,
    Submit,
    Tokens,
    Usage,
)

texts = st.text(max_size=40)
numbers = st.integers(-(2**63), 2**63)
id_lists = st.lists(st.integers(0, 50_000), max_size=40)
floats = st.floats(allow_nan=False)
logprobs = st.builds(Logprob, floats, st.lists(st.tuples(st.integers(0, 50_000), floats), max_size=3))
usages = st.builds(Usage, numbers, numbers, numbers)
messages = st.one_of(
    st.builds(Hello, protocol=numbers, pid=numbers),
    st.builds(Load, folder=texts, threads=numbers, cache_bytes=numbers, precision=st.just("auto"), device=texts),
    st.builds(
        Submit, request_id=texts, ids=id_lists, max_new_tokens=numbers, temperature=st.floats(allow_nan=False),
        top_p=st.floats(allow_nan=False), seed=numbers, stop_ids=id_lists, priority=numbers, cache_key=texts,
    ),
    st.builds(Cancel, request_id=texts),
    st.builds(Stop),
    st.builds(Tokens, request_id=texts, ids=id_lists),
    st.builds(Tokens, texts, id_lists, numbers, numbers, st.lists(logprobs, max_size=3)),
    st.builds(PrefillProgress, request_id=texts, done=numbers, total=numbers),
    st.builds(Finished, texts, st.just("stop"), usages),
    st.builds(Finished, texts, st.just("stop"), usages, st.just(["stop", "length"])),
    st.builds(Failed, code=texts, message=texts, hint=texts, request_id=texts),
)  # fmt: skip


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 300), max_size=12))
def test_frames_survive_any_cut(sent, cuts):
    stream = b"".join(map(frames.encode, sent))
    decoder = frames.Decoder()
    received, start = [], 0
    for end in [*sorted(cuts), len(stream)]:
        received += decoder.feed(stream[start:end])
        start = max(start, min(end, len(stream)))
    assert received == sent


@given(st.binary(max_size=200))
def test_garbage_is_a_frame_error_or_incomplete(data):
    with contextlib.suppress(frames.FrameError):  # and nothing else
        assert isinstance(frames.Decoder().feed(data), list)


@given(st.binary(max_size=100))
def test_a_whole_body_of_garbage_is_refused_without_being_quoted(body):
    with pytest.raises(frames.FrameError) as caught:
        frames.Decoder().feed(len(body).to_bytes(4, "big") + body)
    assert str(caught.value) == f"A frame of {len(body)} bytes is not one of our messages."


def test_deep_nesting_is_refused():
    with pytest.raises(frames.FrameError):
        frames.Decoder().feed((100_000).to_bytes(4, "big") + b"\x91" * 100_000)


def test_size_is_bounded_both_ways(monkeypatch):
    with pytest.raises(frames.FrameError, match="announces"):
        frames.Decoder().feed(b"\xff\xff\xff\xff")
    monkeypatch.setattr(frames, "MAX_FRAME_BYTES", 100)
    with pytest.raises(frames.FrameError, match="limit of 100"):
        frames.encode(Cancel("x" * 200))


def test_a_pipe_carries_more_than_it_holds():
    read_fd, write_fd = os.pipe()
    sent = Submit("a", list(range(16384)), 1, 0.0, 1.0, 0, [0] * 16384, 0, "k" * 100_000)
    writer = threading.Thread(target=lambda: (frames.write(write_fd, sent), os.close(write_fd)))
    writer.start()
    assert list(frames.read(read_fd)) == [sent]
    writer.join()
    os.close(read_fd)


def test_the_codec_imports_no_torch():
    code = "import jupyter_sc2.engine.frames, jupyter_sc2.engine.worker, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
