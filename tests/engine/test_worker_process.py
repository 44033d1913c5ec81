"""The child as the supervisor meets it: a real process with two pipes."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import answer, ask, ids_of, submit, tiny_engine

from jupyter_sc2.engine import frames
from jupyter_sc2.messages import (
    PROTOCOL,
    Cancel,
    Failed,
    Finished,
    Hello,
    Load,
    LoadProgress,
    Ready,
    Stop,
    Tokens,
)


class Child:
    """A worker and our ends of its pipes."""

    def __init__(self, *command):
        their_read, self.write_fd = os.pipe()
        self.read_fd, their_write = os.pipe()
        ends = ["--read-fd", str(their_read), "--write-fd", str(their_write)]
        command = command or (sys.executable, "-m", "jupyter_sc2.engine.worker")
        self.process = subprocess.Popen(
            [*command, *ends, "--nice", "1"], pass_fds=(their_read, their_write),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.close(their_read)
        os.close(their_write)
        self.decoder, self.ready = frames.Decoder(), []

    def send(self, *messages):
        for message in messages:
            frames.write(self.write_fd, message)

    def receive(self, seconds=60.0):
        """The next frame; None at the end of the pipe."""
        while not self.ready:
            assert select.select([self.read_fd], [], [], seconds)[0], "the worker is silent"
            data = os.read(self.read_fd, 1 << 16)
            if not data:
                return None
            self.ready += self.decoder.feed(data)
        return self.ready.pop(0)

    def until(self, kind):
        """Frames up to the first of `kind`."""
        received = [self.receive()]
        while not isinstance(received[-1], kind):
            assert received[-1] is not None, self.process.communicate()
            received.append(self.receive())
        return received

    def hang_up(self):
        with contextlib.suppress(OSError):
            os.close(self.write_fd)

    def ends(self, seconds=5.0):
        """Its exit status, and the last line that it wrote to stderr."""
        status = self.process.wait(seconds)
        return status, self.process.stderr.read().decode().strip().rpartition("\n")[2]

    def close(self):
        self.hang_up()
        os.close(self.read_fd)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def child():
    child = Child()
    yield child
    child.close()


@pytest.fixture
def load(checkpoint):
    return Load(str(checkpoint), threads=1, cache_bytes=64 << 20, precision="float32", device="cpu")


def test_a_whole_life(child, load, checkpoint):
    assert child.receive() == Hello(PROTOCOL, child.process.pid)
    child.send(load)
    *progress, ready = child.until(Ready)
    assert all(isinstance(frame, LoadProgress) for frame in progress)
    assert progress[-1].share == 1.0
    assert (ready.precision, ready.device, ready.max_positions) == ("float32", "cpu", 1024)
    assert ready.versions.keys() == {"torch", "python"}
    assert len(ready.weights_sha256) == 64

    # a plain answer
    ids = ids_of(1, 40)
    child.send(submit("a", ids, 8))
    received = child.until(Finished)
    assert answer(received, "a") == ask(tiny_engine(checkpoint), ids)
    assert received[-1].finish == "length"

    # cancel in mid-generation, and the next request is not delayed
    child.send(submit("long", ids, 900))
    child.until(Tokens)
    child.send(Cancel("long"), submit("b", ids, 2))
    rest = child.until(Finished)
    assert (rest[-1].request_id, rest[-1].finish) == ("long", "cancelled")
    assert rest[-1].usage.new_ids < 900
    assert child.until(Finished)[-1].request_id == "b"

    # a failure is an answer
    child.send(submit("c", [], 2))
    assert child.until(Failed)[-1].code == "bad_value"

    # its parent goes while it works
    child.send(submit("d", ids, 900))
    child.until(Tokens)
    child.hang_up()
    assert child.ends(2.0)[0] == 0


def test_a_load_that_fails_may_be_tried_again_and_stop_ends_it(child, load, tmp_path):
    child.send(submit("early", [40]), Load(str(tmp_path), 1, 1 << 20))
    assert child.until(Failed)[-1].request_id == "early"
    refused = child.until(Failed)[-1]
    assert (refused.code, refused.request_id) == ("no_weights", "")
    child.send(load)
    child.until(Ready)
    child.send(Stop())
    assert child.ends() == (0, "")


def test_it_says_hello_before_torch_and_leaves_when_nobody_is_there(child):
    started = time.monotonic()
    assert isinstance(child.receive(), Hello)
    assert time.monotonic() - started < 5
    maps = Path(f"/proc/{child.process.pid}/maps")
    assert not maps.exists() or "torch" not in maps.read_text()
    child.hang_up()
    assert child.ends() == (0, "")


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\4\xff\xff\xff\xff", frames.encode(Hello(1, 1))],
    ids=["too long", "no message", "not for a worker"],
)
def test_garbage_ends_it_with_a_line(child, garbage):
    os.write(child.write_fd, garbage)
    status, line = child.ends()
    assert status == 2
    assert line.startswith("jupyter-sc2 worker: A ")
    assert line.endswith(".")


LONG_PASS = """
import sys, time
from jupyter_sc2.engine import worker
from jupyter_sc2.messages import Tokens

class Engine:
    idle = False
    def step(self):
        print("stray print", flush=True)
        for _ in range(60):
            time.sleep(1)  # stands for a forward pass, which also lets other threads run

real = worker.Worker.run
def run(self):
    self.engine = Engine()
    real(self)
worker.Worker.run = run
worker.main()
"""


@pytest.mark.parametrize("end", ["stop", "end of file", "kill"])
def test_a_long_pass_holds_nothing_up(end):
    child = Child(sys.executable, "-c", LONG_PASS)
    try:
        child.receive()
        assert child.process.stdout.readline() == b"stray print\n"
        started = time.monotonic()
        if end == "stop":
            child.send(Stop())
        elif end == "kill":
            child.process.send_signal(signal.SIGKILL)
        else:
            child.hang_up()
        assert child.process.wait(5) == (-signal.SIGKILL if end == "kill" else 0)
        assert time.monotonic() - started < 1
        assert child.receive() is None
    finally:
        child.close()


def test_a_missing_torch_is_its_last_line(load):
    code = "import sys; sys.modules['torch'] = None; from jupyter_sc2.engine import worker; worker.main()"
    child = Child(sys.executable, "-c", code)
    try:
        child.send(load)
        status, line = child.ends()
        assert status == 1
        assert line.startswith("ModuleNotFoundError")
        assert "torch" in line
    finally:
        child.close()
