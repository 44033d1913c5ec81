"""The supervisor with a real child process that has no model: `fake_worker.py` follows a script."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time

import pytest
from supervised import FAKE_WORKER, gone, pid_of, prompt, rest
from wire import until

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Failed, Finished, Loading, PrefillProgress, Queued, Tokens
from jupyter_sc2.supervisor import TryLater, WorkerSettings, life
from jupyter_sc2.supervisor.backoff import Backoff
from jupyter_sc2.supervisor.life import counted

SLOW = {"tokens": 10_000, "step_seconds": 0.005}


async def first_tokens(stream):
    while not isinstance(await stream.next(10), Tokens):
        pass


async def test_the_first_request_starts_the_worker_and_sees_it_load(harness):
    supervisor = harness.make({"progress": [0.25, 0.5], "load_seconds": 0.1})
    assert supervisor.status().state == "off"
    stream = harness.ask(supervisor)
    assert supervisor.status().state == "loading"
    events = await rest(stream)
    assert events[0] == Loading(0.0)
    assert Loading(0.5) in events
    kinds = list(dict.fromkeys(type(event) for event in events))
    assert kinds == [Loading, PrefillProgress, Tokens, Finished]
    assert events[-1].usage.new_ids == 3
    assert events[-1].request_id == stream.ticket.request_id
    assert harness.states[0] == "loading"
    status = supervisor.status()
    assert (status.state, status.running, status.waiting) == ("ready", 0, 0)
    assert status.details.weights_sha256 == "ab" * 32


async def test_cancelling_does_not_cancel_the_load(harness):
    supervisor = harness.make({"load_seconds": 0.2})
    stream = harness.ask(supervisor)
    assert supervisor.cancel(stream.ticket.request_id)
    assert (await rest(stream))[-1].finish == "cancelled"
    assert supervisor.status().state == "loading"
    await harness.state(supervisor, "ready")


async def test_cancel_frees_the_worker(harness):
    supervisor = harness.make(SLOW, max_running=1)
    await harness.ready(supervisor)
    streams = [harness.ask(supervisor) for _ in range(3)]
    await first_tokens(streams[0])
    for stream in streams[:2]:
        assert supervisor.cancel(stream.ticket.request_id)
        assert (await rest(stream))[-1].finish == "cancelled"
    assert not supervisor.cancel(streams[0].ticket.request_id)
    await first_tokens(streams[2])
    assert (supervisor.status().running, supervisor.status().waiting) == (1, 0)
    supervisor.cancel(streams[2].ticket.request_id)
    assert supervisor.status().running == 0


async def test_a_request_id_may_be_used_again(harness):
    supervisor = harness.make(SLOW)
    await harness.ready(supervisor)
    harness.ask(supervisor, request_id="same")
    with pytest.raises(Sc2Error) as refused:
        harness.ask(supervisor, request_id="same")
    assert (refused.value.code, refused.value.status) == ("conflict", 409)
    supervisor.cancel("same")
    await first_tokens(harness.ask(supervisor, request_id="same"))


async def test_a_newer_seq_supersedes(harness):
    supervisor = harness.make(SLOW)
    await harness.ready(supervisor)
    older, other = harness.ask(supervisor, 1, "cell"), harness.ask(supervisor, 1, "another cell")
    another_page = harness.ask(supervisor, 1, "cell", client_id="another page")
    await first_tokens(older)
    newer = harness.ask(supervisor, 2, "cell")
    assert (await rest(older))[-1].finish == "superseded"
    assert older.usage.new_ids > 0
    late = harness.ask(supervisor, 1, "cell")
    assert (await rest(late))[-1].finish == "superseded"
    for stream in (newer, other, another_page):
        await first_tokens(stream)
    assert supervisor.status().running == 3


async def test_superseding_while_the_prompt_is_built(harness):
    supervisor = harness.make()
    await harness.ready(supervisor)
    older = supervisor.admit(harness.ticket(1, "cell"))
    newer = harness.ask(supervisor, 2, "cell")
    supervisor.submit(older, prompt())
    assert (await rest(older))[-1].finish == "superseded"
    assert (await rest(newer))[-1].finish == "stop"


async def test_only_so_many_are_admitted(harness):
    supervisor = harness.make(SLOW, max_running=2, max_waiting=3)
    await harness.ready(supervisor)
    streams = [harness.ask(supervisor) for _ in range(5)]
    with pytest.raises(TryLater) as refused:
        harness.ask(supervisor)
    assert (refused.value.code, refused.value.status, refused.value.retry_after) == ("busy", 429, 1)
    assert refused.value.message == "2 running, 3 waiting."
    newer = harness.ask(supervisor, 2, streams[4].ticket.editor_id)
    assert await newer.next() == Queued(3)
    supervisor.cancel(streams[0].ticket.request_id)
    assert (supervisor.status().running, supervisor.status().waiting) == (2, 2)
    assert await newer.next() == Queued(2)


async def test_ghost_text_goes_first(harness):
    supervisor = harness.make({"tokens": 2, "step_seconds": 0.02}, max_running=1)
    await harness.ready(supervisor)
    running, chat, ghost = (harness.ask(supervisor, priority=priority) for priority in (0, 2, 0))
    assert await chat.next() == Queued(2)
    ended = []

    async def note(stream):
        await rest(stream)
        ended.append(stream)

    await asyncio.gather(*map(note, (chat, ghost, running)))
    assert ended == [running, ghost, chat]


async def test_ghost_text_does_not_wait_for_a_full_house_of_chats(harness):
    """The worker sets requests of lower priority aside, so they do not count against a keystroke."""
    supervisor = harness.make(SLOW, max_running=2)
    await harness.ready(supervisor)
    chats = [harness.ask(supervisor, priority=2) for _ in range(3)]
    assert await chats[2].next() == Queued(1)
    ghosts = [harness.ask(supervisor, priority=0) for _ in range(3)]
    assert [stream.running for stream in (*chats, *ghosts)] == [True, True, False, True, True, False]
    assert await ghosts[2].next() == Queued(1)


async def test_each_stream_of_a_killed_worker_ends_with_one_failure(harness):
    supervisor = harness.make(SLOW, max_running=4)
    await harness.ready(supervisor)
    streams = [harness.ask(supervisor) for _ in range(8)]
    await first_tokens(streams[0])
    killed = time.monotonic()
    os.kill(pid_of(supervisor), signal.SIGKILL)
    for stream in streams:
        events = await rest(stream)
        assert [event.code for event in events if isinstance(event, Failed)] == ["engine_died"]
        assert events[-1].request_id == stream.ticket.request_id
        assert "SIGKILL" in events[-1].message
    assert time.monotonic() - killed < 2
    assert supervisor.status().state == "restarting"
    with pytest.raises(TryLater) as refused:
        harness.ask(supervisor)
    assert (refused.value.code, refused.value.status, refused.value.retry_after) == ("engine_restarting", 503, 1)
    await harness.state(supervisor, "ready")
    assert supervisor.status().failure is None
    await first_tokens(harness.ask(supervisor))


def test_the_waits_between_lives_grow():
    backoff = Backoff(WorkerSettings(command=(), folder="").backoff_seconds)
    now, waits = 0.0, []
    for lifetime in (0, 0, 0, 0, 400, 400):
        now += 200 + lifetime
        waits.append(backoff.after_death(now, lifetime))
    assert waits == [1.0, 2.0, 4.0, 4.0, 1.0, 1.0]
    backoff.forget()
    assert [backoff.after_death(now, 10) for now in (0, 100, 299)] == [1.0, 2.0, None]


async def test_three_deaths_are_enough(harness, tmp_path):
    lives = tmp_path / "lives"
    supervisor = harness.make({"lives": str(lives), "die_in_life": [1, 2, 3]})
    supervisor.start()
    await harness.state(supervisor, "failed")
    assert len(lives.read_text().splitlines()) == 3
    failure = supervisor.status().failure
    assert failure.code == "engine_failed"
    assert "3 times" in failure.message
    assert "status 9" in failure.message
    with pytest.raises(Sc2Error) as refused:
        harness.ask(supervisor)
    assert (refused.value.code, refused.value.status) == ("engine_failed", 503)
    await supervisor.restart()
    await harness.state(supervisor, "ready")
    assert (await rest(harness.ask(supervisor)))[-1].finish == "stop"


@pytest.mark.parametrize("script", [{"hang_at": 2}, {"load_seconds": 60}])
async def test_silence_is_death(harness, script):
    supervisor = harness.make(script, silence_seconds=0.5, load_silence_seconds=2.0)
    stream = harness.ask(supervisor)
    failed = (await rest(stream))[-1]
    assert failed.code == "engine_died"
    assert "no sign of life" in failed.message
    assert supervisor.status().state == "restarting"


async def test_an_interpreter_that_never_greets_is_no_worker(harness):
    silent = (sys.executable, "-c", "import time; time.sleep(60)")
    supervisor = harness.make(command=silent, greet_seconds=0.5)
    failed = (await rest(harness.ask(supervisor)))[-1]
    assert failed.code == "worker_unusable"
    assert "does not answer" in failed.message
    assert supervisor.status().state == "failed"


async def test_a_worker_that_waits_for_a_processor_is_no_hang(harness):
    supervisor = harness.make({"crawl_at": 1}, silence_seconds=1.0)
    events = await rest(harness.ask(supervisor))
    assert events[-1].finish == "stop"


def test_only_what_a_worker_could_compute_counts_as_silence():
    assert counted(3.0, 3.0) == counted(3.0, 9.0) == 3.0  # it computes
    assert counted(3.0, 0.0) == 3.0  # it hangs
    assert counted(3.0, 0.15) == pytest.approx(0.3)


async def test_silence_is_bounded_however_little_is_computed(harness, monkeypatch):
    monkeypatch.setattr(life, "STARVED", 1)
    supervisor = harness.make({"crawl_at": 1}, silence_seconds=1.0)
    assert (await rest(harness.ask(supervisor)))[-1].code == "engine_died"


async def test_a_faster_pace_is_told_on(harness):
    supervisor = harness.make({"reads": 500.0})
    assert (await rest(harness.ask(supervisor)))[-1].finish == "stop"
    assert supervisor.status().details.prefill_per_second == 500.0


async def test_a_hang_is_noticed_though_nobody_waits_any_more(harness):
    """The user presses Escape, or closes the tab: the next request must not be the one that finds out."""
    supervisor = harness.make({"hang_at": 1}, silence_seconds=0.5)
    stream = harness.ask(supervisor)
    await first_tokens(stream)
    await asyncio.sleep(0.1)  # now it hangs
    pid = pid_of(supervisor)
    supervisor.cancel(stream.ticket.request_id)
    assert supervisor.status().running == 0
    await until(lambda: gone(pid), seconds=5)
    await harness.state(supervisor, "ready")


@pytest.mark.parametrize("turns", range(12))
async def test_it_stops_at_any_moment_of_a_workers_end(harness, turns):
    """The server may be stopped while the supervisor buries a worker and is about to start another."""
    supervisor = harness.make(silence_seconds=5.0)
    await harness.ready(supervisor)
    worker = supervisor.life._worker
    worker.kill()
    await worker.process.wait()
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(supervisor.stop(), 10)
    assert supervisor.status().state == "off"


async def test_an_idle_worker_may_be_silent(harness):
    supervisor = harness.make(silence_seconds=0.6)
    await harness.ready(supervisor)
    pid = pid_of(supervisor)
    await asyncio.sleep(0.9)
    assert (await rest(harness.ask(supervisor)))[-1].finish == "stop"
    assert pid_of(supervisor) == pid


async def test_slow_but_steady_is_not_silent(harness):
    supervisor = harness.make({"tokens": 8, "step_seconds": 0.15}, silence_seconds=0.8)
    await harness.ready(supervisor)
    assert (await rest(harness.ask(supervisor)))[-1].finish == "stop"


@pytest.mark.parametrize("script", [{"garbage_at": 1}, {"exit_at": 1}])
async def test_any_other_end_is_a_death_too(harness, script):
    supervisor = harness.make({**script, "prints": "Out of luck\x1b[31m\n"})
    failed = (await rest(harness.ask(supervisor)))[-1]
    assert failed.code == "engine_died"
    assert ("unreadable" if "garbage_at" in script else "status 7: Out of luck[31m") in failed.message


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ({"load_failure": "weights_corrupt"}, "weights_corrupt", "do not load"),
        ({"hello": 99}, "wrong_protocol", "another version"),
        ({"hello": None, "prints": "ImportError: old\n"}, "worker_unusable", "status 3: ImportError: old"),
        ({"hello": None, "prints": "ModuleNotFoundError: No module named 'torch'\n"}, "no_torch", "torch"),
        ({"hello": None, "prints": "ModuleNotFoundError: No module named 'a.b'\n"}, "worker_unusable", "package a."),
    ],
)
async def test_what_will_not_heal_is_not_tried_again(harness, script, code, words):
    supervisor = harness.make(script)
    failed = (await rest(harness.ask(supervisor)))[-1]
    assert failed.code == code
    assert words in failed.message
    status = supervisor.status()
    assert (status.state, status.failure.code) == ("failed", code)
    with pytest.raises(Sc2Error) as refused:
        harness.ask(supervisor)
    assert (refused.value.code, refused.value.status) == (code, 503)


async def test_a_missing_interpreter(harness, tmp_path):
    supervisor = harness.make(command=(str(tmp_path / "python"), "-m", "x"))
    failed = (await rest(harness.ask(supervisor)))[-1]
    assert failed.code == "no_interpreter"
    assert str(tmp_path / "python") in failed.message
    assert supervisor.status().state == "failed"


async def test_stop_ends_requests_and_worker(harness):
    supervisor = harness.make(SLOW)
    await harness.ready(supervisor)
    stream = harness.ask(supervisor)
    await first_tokens(stream)
    pid = pid_of(supervisor)
    await supervisor.stop()
    assert (await rest(stream))[-1].code == "engine_stopped"
    assert gone(pid)
    assert supervisor.status().state == "off"


async def test_a_worker_that_will_not_go_is_killed(harness):
    supervisor = harness.make({"hang_at": 0}, stop_seconds=0.2)
    harness.ask(supervisor)
    await harness.state(supervisor, "ready")
    pid = pid_of(supervisor)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    await supervisor.stop()
    assert gone(pid)
    assert time.monotonic() - started < 2


async def test_unread_events_are_merged(harness):
    supervisor = harness.make({"tokens": 500})
    stream = harness.ask(supervisor)
    await until(lambda: stream.ended)
    assert len(stream._events) <= 6
    events = await rest(stream)
    assert sum(len(event.ids) for event in events if isinstance(event, Tokens)) == 500


async def test_no_log_line_has_the_prompt(harness, caplog):
    caplog.set_level(logging.DEBUG)
    supervisor = harness.make({"exit_at": 1})
    stream = supervisor.admit(harness.ticket())
    supervisor.submit(stream, prompt([987654321]))
    await rest(stream)
    assert "engine_died" in caplog.text
    assert "987654321" not in caplog.text


PARENT = """
import asyncio, os, sys
sys.path[:0] = {path!r}
from supervised import Harness, pid_of
async def main():
    harness = Harness()
    supervisor = harness.make({script!r})
    await harness.ready(supervisor)
    harness.ask(supervisor)
    print(pid_of(supervisor), flush=True)
    {end}
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["pass", "os._exit(1)", "raise RuntimeError"])
def test_no_orphan(end):
    path = [str(FAKE_WORKER.parent), str(FAKE_WORKER.parents[1])]
    code = PARENT.format(path=path, script={"hang_at": 3}, end=end)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as parent:
        pid = int(parent.stdout.readline())  # of a worker that has answered
        with contextlib.suppress(subprocess.TimeoutExpired):
            parent.wait(0.3)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 5
        while not gone(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)
