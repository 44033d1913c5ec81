"""All downloads of a server: two at once, paused, resumed, cancelled, deleted, and remembered after a restart."""

import asyncio
import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from checkpoints import QUICK, SHARDED, SMALLEST

from jupyter_sc2.downloads import Downloads, pins, records
from jupyter_sc2.errors import Sc2Error

FILE = "model.safetensors"


@pytest.fixture
def server(hub, monkeypatch, cache, jp_asyncio_loop):
    """Makes the downloads of a server; what they told is in `told`."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    made = []

    def make():
        told = []
        downloads = Downloads(cache, lambda download: told.append((time.monotonic(), download)), QUICK)
        downloads.told = told
        made.append(downloads)
        return downloads

    yield make
    for downloads in made:
        jp_asyncio_loop.run_until_complete(downloads.close())


async def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def state(downloads, weights):
    return next((each.state for each in downloads.list() if each.weights == weights), None)


async def test_pause_restart_and_go_on(server, hub, works):
    hub.fault(FILE, "slow", after=1_000_000, times=1)
    first = server()
    await first.start(SMALLEST)
    await first.start(SMALLEST)  # as well
    await until(lambda: hub.sent[FILE] > 300_000)
    await first.pause(SMALLEST)
    assert state(first, SMALLEST) == "paused"
    sent = hub.sent[FILE]
    await asyncio.sleep(0.1)
    assert hub.sent[FILE] <= sent + 50_000
    with pytest.raises(Sc2Error) as raised:
        await first.pause(SMALLEST)
    assert raised.value.code == "not_downloading"
    await first.close()

    second = server()
    (found,) = second.list()
    assert (found.weights, found.state) == (SMALLEST, "paused")
    assert 300_000 < found.done < found.total
    assert records.presence(SMALLEST) == "partial"
    await second.start(SMALLEST)
    assert second.list()[0].done >= found.done
    await until(lambda: state(second, SMALLEST) == "done")
    works(SMALLEST)
    assert hub.sent[FILE] <= records.find(SMALLEST).files[FILE].size + 100_000
    assert server().list() == []


async def test_progress_is_told_twice_a_second(server, hub):
    hub.fault(FILE, "slow", after=800_000)
    downloads = server()
    await downloads.start(SMALLEST)
    await until(lambda: state(downloads, SMALLEST) == "done")
    running = [at for at, download in downloads.told if download.state == "running"]
    assert len(running) >= 3
    assert min(later - earlier for earlier, later in pairwise(running)) > 0.4
    assert downloads.told[0][1].state == "starting"


async def test_two_at_once_and_a_third_waits(server, hub):
    hub.fault("*", "stall", after=0)
    downloads = server()
    names = sorted(hub.repos)[:3]
    for name in names:
        await downloads.start(name)
    await until(lambda: len({path.split("/")[4] for _, _, path, _ in hub.seen if path.startswith("/api")}) == 2)
    third = next(each for each in downloads.list() if each.weights == names[2])
    assert (third.state, third.note) == ("starting", "Waits for another download.")
    await downloads.pause(names[2])
    assert state(downloads, names[2]) == "paused"


async def test_a_killed_process_is_told_and_resumed(server, hub, works):
    hub.fault(FILE, "slow", after=1_000_000, times=1)
    downloads = server()
    await downloads.start(SMALLEST)
    await until(lambda: hub.sent[FILE] > 100_000)
    (pid,) = children()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: state(downloads, SMALLEST) == "failed")
    failure = downloads.list()[0].failure
    assert failure.code == "download_died"
    assert "SIGKILL" in failure.message
    await downloads.start(SMALLEST)
    await until(lambda: state(downloads, SMALLEST) == "done")
    works(SMALLEST)


def children():
    """Process ids of downloads."""
    pids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in pids if "downloads.child" in Path(f"/proc/{pid}/cmdline").read_text()]


async def test_cancel_leaves_nothing_of_ours(server, hub, cache):
    hub.fault(FILE, "stall", after=300_000)
    downloads = server()
    await downloads.start(SMALLEST)
    await until(lambda: hub.sent[FILE] >= 300_000)
    await downloads.cancel(SMALLEST)
    assert downloads.list() == []
    assert records.presence(SMALLEST) == "absent"
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert pins.every() == []
    assert children() == []


async def test_a_failure_is_told(server):
    downloads = server()
    await downloads.start("me/nowhere")
    await until(lambda: state(downloads, "me/nowhere") == "failed")
    assert downloads.list()[0].failure.code == "hub_not_found"
    await downloads.cancel("me/nowhere")
    assert downloads.list() == []


async def test_tried_again_at_once(server, hub, works):
    """Whoever reads that it failed may press the button before the process has gone."""
    hub.gated.add(SMALLEST)
    downloads = server()
    await downloads.start(SMALLEST)
    await until(lambda: state(downloads, SMALLEST) == "failed")
    hub.gated.clear()
    await downloads.start(SMALLEST)
    await until(lambda: state(downloads, SMALLEST) == "done")
    works(SMALLEST)


@pytest.mark.parametrize(
    "wrong", ["", "gpt2", "/etc/passwd", "../x/y", "a/b/c", "a/../b", "a--b/c", "a/b\n", "x" * 97 + "/y"]
)
async def test_what_is_no_id(wrong, server):
    downloads = server()
    for ask in (downloads.start, downloads.cancel, downloads.delete):
        with pytest.raises(Sc2Error) as raised:
            await ask(wrong)
        assert raised.value.code == "not_on_hub"


async def test_deleting_frees_the_disk(server, fetch, cache):
    downloads = server()
    fetch(SHARDED)
    size = records.disk_bytes(SHARDED)
    assert size > sum(file.size for file in records.find(SHARDED).files.values())
    assert await downloads.delete(SHARDED) == size
    assert records.presence(SHARDED) == "absent"
    assert records.disk_bytes(SHARDED) == 0
    with pytest.raises(Sc2Error) as raised:
        await downloads.delete(SHARDED)
    assert raised.value.code == "not_downloaded"
