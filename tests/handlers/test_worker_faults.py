"""Faults of the real worker as the page meets them: over HTTP, with small random weights or the built-in ones."""

import asyncio
import itertools
import json
import os
import shutil
import signal
import time

import pytest
from supervised import REAL_WORKER, pid_of
from wire import answer_of, body, cell, check_failure, events_of, numbered, until

CPU = {"device": "cpu", "precision": "float32"}
TYPED = "import numpy as np\n\n\ndef distance(a, b):\n    total = 0.0\n    for x, y in zip(a, b):\n        total += "


@pytest.fixture
def show_all(monkeypatch):
    """Random weights write no program; show it all the same."""
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.feed", lambda self, ids: "x" * len(ids))
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.flush", lambda self, complete: "")


@pytest.fixture
def real(supervise, show_all):
    """Gives the server the real worker with `folder`, ready."""

    async def start(folder, **changes):
        supervisor = supervise(command=REAL_WORKER, folder=str(folder), **{**CPU, "max_waiting": 96, **changes})
        supervisor.start()
        await until(lambda: supervisor.status().state == "ready", seconds=60)
        return supervisor

    return start


def counts(supervisor):
    return supervisor.status().running, supervisor.status().waiting


def ids_written(supervisor):
    return [stream.usage.new_ids for stream in supervisor.admission]


async def engine_status(jp_fetch):
    """Of the engine that Sc2App made."""
    return json.loads((await jp_fetch("sc2", "status")).body)["engines"][0]


async def test_a_hundred_clients_of_the_real_worker_go_away(real, rambler, connect):
    """B1, over HTTP: the places are free and the worker is idle moments after the connections are closed."""
    supervisor = await real(rambler)
    connections = [await connect(numbered(number)) for number in range(100)]
    await until(lambda: sum(new_ids >= 20 for new_ids in ids_written(supervisor)) >= 4, seconds=60)
    closed = time.monotonic()
    for _, writer in connections:
        writer.close()
    await until(lambda: counts(supervisor) == (0, 0) and not supervisor.life._owed)
    print(f"all slots free: {1000 * (time.monotonic() - closed):.0f} ms")
    asked = time.monotonic()
    reader, _ = await connect(numbered(101))
    await asyncio.wait_for(reader.readuntil(b'"type":"text"'), 4)
    print(f"request 101, first text: {1000 * (time.monotonic() - asked):.0f} ms")


async def test_a_killed_worker_ends_eight_answers(real, rambler, connect, send, jp_fetch, jp_serverapp):
    """D1, over HTTP: one error for each and never a bare close; server and kernels go on. Then D2: 503 until ready."""
    kernel = await jp_serverapp.kernel_manager.start_kernel()
    supervisor = await real(rambler, backoff_seconds=(0.5,))
    answers = [asyncio.ensure_future(answer_of(await connect(numbered(number)))) for number in range(8)]
    await until(lambda: sum(new_ids >= 10 for new_ids in ids_written(supervisor)) >= 4, seconds=60)
    os.kill(pid_of(supervisor), signal.SIGKILL)
    killed = time.monotonic()
    for status, _, text in await asyncio.gather(*answers):
        events = events_of(text)
        errors = [event for event in events if event["type"] == "error"]
        assert (status, [error["code"] for error in errors]) in [(200, ["engine_died"]), (503, ["engine_died"])]
        assert events[-1] == errors[0]
    print(f"every answer ended: {1000 * (time.monotonic() - killed):.0f} ms")
    assert time.monotonic() - killed < 3
    refused = await send(body())
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert check_failure(refused.text)["code"] == "engine_restarting"
    assert (await jp_fetch("api", "status")).code == 200
    assert await jp_serverapp.kernel_manager.is_alive(kernel)
    await until(lambda: supervisor.status().state == "ready", seconds=60)
    reader, _ = await connect(numbered(9))
    await asyncio.wait_for(reader.readuntil(b'"type":"text"'), 10)


@pytest.mark.slow
async def test_three_killed_workers_are_enough(real, quick_rambler, send):
    """D2, with the waits of the product: 1 s, 2 s, then no more until a user restarts it."""
    supervisor = await real(quick_rambler, backoff_seconds=(1.0, 2.0, 4.0))
    for wait in (1.0, 2.0, None):
        os.kill(pid_of(supervisor), signal.SIGKILL)
        killed = time.monotonic()
        await until(lambda: supervisor.status().state in ("restarting", "failed"))
        while supervisor.status().state == "restarting":
            response = await send(body())
            assert (response.status, check_failure(response.text)["code"]) == (503, "engine_restarting")
            assert 1 <= int(response.headers["Retry-After"]) <= 2
            await asyncio.sleep(0.05)
        if wait is not None:
            assert supervisor.status().state == "ready"
            assert time.monotonic() - killed >= wait
    failure = supervisor.status().failure
    assert failure.message.startswith("The engine ended 3 times in 5 minutes. ")
    assert "SIGKILL" in failure.message
    assert failure.hint == "Restart it when the cause is gone."
    response = await send(body())
    assert (response.status, check_failure(response.text)["code"]) == (503, "engine_failed")
    assert (await send("", "restart")).status == 204
    await until(lambda: supervisor.status().state == "ready", seconds=60)
    assert events_of((await send(body(options={"max_new_tokens": 3}))).text)[-1]["finish"] == "length"


START_FAILURES = {
    "no_device": {"device": "cuda"},
    "no_interpreter": {"interpreter": "/nowhere/python"},
    "worker_unusable": {"interpreter": shutil.which("false")},
}


class TestStart:
    """D6: what cannot start says so soon, in a sentence, with what to do; the server goes on."""

    @pytest.fixture(params=START_FAILURES)
    def code(self, request):
        return request.param

    @pytest.fixture
    def sc2_config(self, code, monkeypatch, quick_rambler):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        return {"weights": str(quick_rambler), **START_FAILURES[code]}

    async def test_it_says_why_and_what_to_do(self, code, jp_fetch, sc2_app, send):
        (supervisor,) = sc2_app.supervisors
        began = time.monotonic()
        response = await send(body())
        failure = events_of(response.text)[-1] if response.status == 200 else check_failure(response.text)
        assert (failure["type"], failure["code"]) == ("error", code)
        await until(lambda: supervisor.status().state == "failed", seconds=10)
        print(f"{code}: {time.monotonic() - began:.2f} s")
        failure = (await engine_status(jp_fetch))["failure"]
        assert failure["code"] == code
        assert failure["message"].endswith(".")
        assert failure["hint"].endswith(".")
        refused = await send(body(seq=2))
        assert (refused.status, check_failure(refused.text)["code"]) == (503, code)
        assert (await jp_fetch("api", "status")).code == 200


class TestWrongTokenizer:
    """As transformers 5 saves it: without the digit split."""

    @pytest.fixture
    def sc2_config(self, quick_rambler, tmp_path):
        folder = tmp_path / "resaved"
        shutil.copytree(quick_rambler, folder)
        content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        content["pre_tokenizer"] = content["pre_tokenizer"]["pretokenizers"][1]
        (folder / "tokenizer.json").write_text(json.dumps(content), "utf-8")
        return {"weights": str(folder), **CPU}

    async def test_it_is_refused_by_server_and_worker(self, sc2_app, send):
        response = await send(body())
        failure = check_failure(response.text)
        assert (response.status, failure["code"]) == (503, "weights_corrupt")
        assert "tokenizer.json splits text otherwise" in failure["message"]
        (supervisor,) = sc2_app.supervisors
        await until(lambda: supervisor.status().state == "failed", seconds=30)
        assert supervisor.status().failure.message == failure["message"]


class TestTyping:
    """B4, with the built-in weights."""

    @pytest.fixture
    def sc2_config(self):
        return {"library_tables": False, "own_notebooks": False, "threads": 1, **CPU}

    @pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.slow)])
    async def test_typing_does_not_pile_up(self, sc2_app, connect, complete, times):
        """The last key's answer is what this text gets when it is asked alone; all others are let go."""
        (supervisor,) = sc2_app.supervisors
        await complete(self.request(TYPED, 0, "first"))
        keys = list(itertools.islice(itertools.cycle(range(1, len(TYPED) + 1)), times * len(TYPED)))
        pause = 0.01 if times == 1 else 1 / 15
        answers = []
        for number, count in enumerate(keys):
            answers.append(asyncio.ensure_future(answer_of(await connect(self.request(TYPED[:count], number)))))
            await asyncio.sleep(pause)
            assert sum(counts(supervisor)) <= 1
        texts = [events_of(text) for _, _, text in await asyncio.gather(*answers)]
        ends = [events[-1]["finish"] for events in texts]
        print({end: ends.count(end) for end in set(ends)}, texts[-1][-1]["text"])
        assert ends[-1] in ("stop", "scope", "length")
        await until(lambda: counts(supervisor) == (0, 0))
        alone = await complete(self.request(TYPED, 10_000, "alone"))
        assert texts[-1][-1]["text"] == alone[-1]["text"] != ""

    def request(self, source, seq, editor="same"):
        options = {"max_new_tokens": 24, "temperature": 0}
        cells = [cell(source)]
        names = {"request_id": f"{editor}-{seq}", "editor_id": editor, "seq": seq}
        return body(source, cells=cells, options=options, **names)


async def test_a_client_that_reads_a_byte_at_a_time(real, rambler, connect, monkeypatch):
    """C4: what it does not read waits in the pipe and the engine's stream, not in the server; others are served."""
    monkeypatch.setattr("jupyter_sc2.handlers.sse.CLIENT_SECONDS", 0.6)
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.feed", lambda self, ids: "x" * 60_000)
    handlers = []
    monkeypatch.setattr("jupyter_sc2.handlers.complete.CompleteHandler.initialize", noting(handlers))
    supervisor = await real(rambler)
    reader, _ = await connect(numbered(1), limit=1)
    other = asyncio.ensure_future(answer_of(await connect(numbered(2, options={"max_new_tokens": 10}))))
    buffered, read = [], b""
    slow = handlers[0].request.connection.stream if handlers else None
    deadline = time.monotonic() + 20
    while slow is None or not slow.closed():
        assert time.monotonic() < deadline
        read += await reader.read(1)
        slow = slow or (handlers[0].request.connection.stream if handlers else None)
        buffered.append(len(slow._write_buffer) if slow else 0)
        await asyncio.sleep(0.02)
    status, _, text = await other
    assert (status, events_of(text)[-1]["finish"]) == (200, "length")
    print(f"most in the server's buffer: {max(buffered)} bytes of {len(buffered)} looks")
    assert 0 < max(buffered) <= 256 << 10
    await until(lambda: counts(supervisor) == (0, 0))


def noting(handlers):
    from jupyter_sc2.handlers.complete import CompleteHandler

    real = CompleteHandler.initialize

    def initialize(self, *args, **options):
        handlers.append(self)
        real(self, *args, **options)

    return initialize
