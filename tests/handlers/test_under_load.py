"""The whole server side with a worker process that has no model: overload, cancelling and a worker's death."""

import asyncio
import os
import signal
import time

import psutil
import pytest
from supervised import pid_of
from wire import answer_of, body, check_failure, events_of, numbered, until

SLOW = {"tokens": 10_000, "step_seconds": 0.005}


@pytest.fixture(autouse=True)
def endless_text(monkeypatch):
    """The scripted worker's ids are no program; show them all."""
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.feed", lambda self, ids: "x" * len(ids))
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.flush", lambda self, complete: "")


async def test_a_hundred_at_once(supervise, connect, tmp_path):
    gate = tmp_path / "gate"  # nobody is done before the last one has asked
    supervisor = supervise({"tokens": 2, "gate": str(gate)})
    tasks = [asyncio.ensure_future(answer_of(await connect(numbered(number)))) for number in range(100)]
    await until(lambda: sum(task.done() for task in tasks) == 64, seconds=20)
    gate.touch()
    answers = await asyncio.gather(*tasks)
    served = [text for status, _, text in answers if status == 200]
    refused = [(headers, text) for status, headers, text in answers if status == 429]
    assert (len(served), len(refused)) == (36, 64)
    assert all(events_of(text)[-1]["finish"] == "stop" for text in served)
    for headers, text in refused:
        assert "retry-after: 1\r\n" in headers
        assert check_failure(text)["code"] == "busy"
    assert (supervisor.status().running, supervisor.status().waiting) == (0, 0)


async def test_rounds_of_overload_leave_nothing_behind(supervise, harness, connect):
    """Tasks, descriptors and threads of the server, once the first rounds have filled its pools."""
    supervisor = supervise({"tokens": 2})
    await harness.ready(supervisor)
    seen = []
    for number in range(5):
        connections = [await connect(numbered(100 * number + each)) for each in range(100)]
        assert {status for status, _, _ in await asyncio.gather(*map(answer_of, connections))} <= {200, 429}
        for _, writer in connections:
            writer.close()
        await asyncio.sleep(0.1)
        process = psutil.Process()
        seen.append((len(asyncio.all_tasks()), process.num_fds(), process.num_threads()))
    assert all(abs(last - first) <= 2 for first, last in zip(seen[2], seen[-1], strict=True)), seen
    assert list(supervisor.admission) == []


async def test_a_hundred_clients_go_away(supervise, harness, connect):
    supervisor = supervise(SLOW, max_running=10, max_waiting=90)
    await harness.ready(supervisor)
    connections = [await connect(numbered(number)) for number in range(100)]
    await until(lambda: (supervisor.status().running, supervisor.status().waiting) == (10, 90))
    for _, writer in connections:
        writer.close()
    await until(lambda: (supervisor.status().running, supervisor.status().waiting) == (0, 0), seconds=3)
    reader, _ = await connect(numbered(101))
    await asyncio.wait_for(reader.readuntil(b'"type":"text"'), 2)


async def test_typing_leaves_one_request(supervise, harness, connect):
    supervisor = supervise(SLOW)
    await harness.ready(supervisor)
    answers = []
    for seq in range(20):
        answers.append(asyncio.ensure_future(answer_of(await connect(numbered(seq, seq=seq, editor_id="same")))))
        await asyncio.sleep(0.02)
        assert supervisor.status().running + supervisor.status().waiting <= 1
    ended = await asyncio.gather(*answers[:-1])
    assert [events_of(text)[-1]["finish"] for _, _, text in ended] == ["superseded"] * 19
    assert not answers[-1].done()
    supervisor.cancel("r19")
    assert events_of((await answers[-1])[2])[-1]["finish"] == "cancelled"


async def test_the_worker_is_killed_under_eight_streams(supervise, harness, connect, send):
    supervisor = supervise(SLOW, max_running=4, backoff_seconds=(1.0,))
    await harness.ready(supervisor)
    answers = [asyncio.ensure_future(answer_of(await connect(numbered(number)))) for number in range(8)]
    await until(lambda: supervisor.status().waiting == 4)
    await asyncio.sleep(0.1)
    os.kill(pid_of(supervisor), signal.SIGKILL)
    killed = time.monotonic()
    for status, _, text in await asyncio.gather(*answers):
        assert status == 200
        events = events_of(text)
        assert [event["code"] for event in events if event["type"] == "error"] == ["engine_died"]
        assert events[-1]["type"] == "error"
    assert time.monotonic() - killed < 2
    response = await send(body())
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert check_failure(response.text)["code"] == "engine_restarting"
    await harness.state(supervisor, "ready")
    reader, _ = await connect(numbered(9))
    await asyncio.wait_for(reader.readuntil(b'"type":"text"'), 5)


async def test_the_first_request_waits_for_the_load(supervise, complete):
    supervise({"progress": [0.2, 0.6], "load_seconds": 0.1})
    events = await complete(body())
    assert [event["share"] for event in events if event["type"] == "loading"][-1] == 0.6
    assert events[-1]["finish"] == "stop"
    assert events[-1]["provenance"]["weights_sha256"] == "ab" * 32


async def test_weights_that_do_not_load(supervise, complete, send):
    supervise({"load_failure": "weights_corrupt"})
    events = await complete(body())
    assert (events[-1]["type"], events[-1]["code"]) == ("error", "weights_corrupt")
    response = await send(body())
    assert (response.status, check_failure(response.text)["code"]) == (503, "weights_corrupt")
