"""The process that downloads: killed and resumed, ended with its parent, silent about secrets."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkpoints import SHARDED, SMALLEST
from hub import SIGNATURE, TOKEN
from processes import child, command, lines

from jupyter_sc2.downloads import pins, records

POINTS = 20
SLACK = 400_000  # bytes on their way, in pipes and buffers, when a process is killed


@pytest.fixture(autouse=True)
def endpoint(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def kill_and_resume(point, hub, cache, fetch, works):
    """Kills it when the Hub has sent so much of the whole, at 0 while it starts, and goes on in another process."""
    total = sum(
        len(each.data) for name, each in hub.repos[SHARDED]["main"].items() if not name.endswith((".bin", ".py"))
    )
    hub.fault("*", "slow", after=4_000_000)
    with child(SHARDED, cache) as process:
        wait_for(lambda: sum(hub.sent.values()) >= point * total)
        process.send_signal(signal.SIGKILL)
    assert records.find(SHARDED) is None
    sent = sum(hub.sent.values())
    hub.faults.clear()
    assert fetch(SHARDED)[-1].state == "done"
    assert sum(hub.sent.values()) <= total + SLACK
    assert sum(hub.sent.values()) >= sent
    works(SHARDED)


@pytest.mark.parametrize("point", [0.02, 0.5, 0.97])
def test_kill_and_resume(point, hub, cache, fetch, works):
    kill_and_resume(point, hub, cache, fetch, works)


@pytest.mark.slow
@pytest.mark.parametrize("point", [0.0, *sorted(random.Random(7).uniform(0, 0.99) for _ in range(POINTS - 1))])
def test_kill_and_resume_at_twenty_points(point, hub, cache, fetch, works):
    kill_and_resume(point, hub, cache, fetch, works)


def test_no_secret_is_shown_or_kept(hub, cache, works, monkeypatch):
    """Gated weights with a token, debugging switched on, and a line that drops."""
    hub.gated.add(SMALLEST)
    hub.fault("model.safetensors", "drop", after=500_000, times=1)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_DEBUG", "1")
    with child(SMALLEST, cache) as process:
        seen = Path(f"/proc/{process.pid}/cmdline").read_text()
        out = process.stdout.read().decode()
        process.errors.seek(0)
        errors = process.errors.read().decode()
    works(SMALLEST)
    assert "authenticated: True" in errors  # it did debug
    said = seen + out + records.path_of(SMALLEST).read_text()
    assert TOKEN.removeprefix("hf_") not in said + errors
    assert SIGNATURE not in said  # the client's own debugging shows addresses; nobody reads those of a server's child
    assert not any(TOKEN in path.read_text() for path in pins.folder().glob("*"))
    asked = [headers for role, _, _, headers in hub.seen if role == "hub"]
    assert {headers["authorization"] for headers in asked} == {f"Bearer {TOKEN}"}
    assert not any("authorization" in headers for role, _, _, headers in hub.seen if role == "cdn")
    for headers in asked:  # no report about what else is installed or running
        assert not {"torch", "agent"} & set(headers["user-agent"].replace(";", "/").replace(" ", "").split("/"))


def test_a_stored_token_is_used(hub, cache, works):
    hub.gated.add(SMALLEST)
    cache.parent.mkdir()
    (cache.parent / "token").write_text(TOKEN)
    with child(SMALLEST, cache) as process:
        assert lines(process)[-1].state == "done"
    works(SMALLEST)


def test_offline_it_uses_what_another_program_fetched(hub, cache, works, monkeypatch):
    from huggingface_hub import snapshot_download

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with child(SHARDED, cache) as process:
        failure = lines(process)[-1].failure
    assert failure.code == "offline"
    assert "bundle import" in failure.hint
    snapshot_download(SHARDED, cache_dir=cache, endpoint=hub.url)
    asked = len(hub.seen)
    with child(SHARDED, cache) as process:
        assert lines(process)[-1].state == "done"
    assert len(hub.seen) == asked
    works(SHARDED)


def test_it_ends_with_its_parent(hub, cache):
    hub.fault("model.safetensors", "slow", after=100_000)
    parent = f"import subprocess, sys, time; p = subprocess.Popen({command(SMALLEST, cache)!r}, stdin=subprocess.PIPE)"
    parent += "; print(p.pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        wait_for(lambda: hub.sent["model.safetensors"])
        process.kill()
        wait_for(lambda: not running(pid), seconds=5)


def running(pid):
    """A process that nobody has waited for is none."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_two_processes_do_not_disturb_each_other(hub, cache, fetch, works):
    hub.fault("model.safetensors", "slow", after=2_000_000, times=1)
    with child(SMALLEST, cache) as process:
        wait_for(lambda: hub.sent["model.safetensors"])
        assert fetch(SMALLEST)[-1].failure.code == "busy"
        assert lines(process)[-1].state == "done"
    works(SMALLEST)
    assert os.listdir(pins.folder()) == [f"{SMALLEST.replace('/', '--')}.lock"]
