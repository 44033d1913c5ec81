"""What leaves the disk, and what must not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkpoints import SHARDED, SMALLEST
from huggingface_hub import snapshot_download

from jupyter_sc2.downloads import pins, records
from jupyter_sc2.downloads.delete import cancel, delete
from jupyter_sc2.errors import Sc2Error


def newer(hub, weights, **changes):
    """Publishes a commit that differs in some files."""
    files = {name: each.data for name, each in hub.repos[weights]["main"].items()}
    return hub.put(weights, {**files, **changes})


def test_what_another_program_fetched_stays(hub, cache):
    folder = snapshot_download(SMALLEST, cache_dir=cache, endpoint=hub.url)
    with pytest.raises(Sc2Error) as raised:
        delete(SMALLEST, cache)
    assert raised.value.code == "not_downloaded"
    assert "other programs" in raised.value.hint
    assert Path(folder, "model.safetensors").is_file()


def test_other_revisions_stay_whole(hub, cache, fetch):
    fetch(SMALLEST)
    newer(hub, SMALLEST, **{"README.md": b"newer"})
    other = snapshot_download(SMALLEST, cache_dir=cache, endpoint=hub.url)
    freed = delete(SMALLEST, cache)
    assert 0 < freed < 10_000  # all but the card and our list of sums is used by the other
    assert all(path.is_file() for path in Path(other).rglob("*.safetensors"))
    assert Path(other, "tokenizer.json").read_bytes() == hub.repos[SMALLEST]["main"]["tokenizer.json"].data


def test_a_damaged_cache_can_be_deleted(hub, cache, fetch):
    """huggingface_hub does not count a repository in which a link leads nowhere."""
    fetch(SMALLEST)
    os.unlink(os.path.realpath(Path(records.find(SMALLEST).folder, "config.json")))
    assert records.find(SMALLEST) is None
    assert delete(SMALLEST, cache) > 1_000_000
    assert records.disk_bytes(SMALLEST) == 0
    assert records.read(SMALLEST) is None


DIES = """
import os, sys
from pathlib import Path
from jupyter_sc2.downloads import delete
delete._by_cache_tool = lambda *_: os._exit(9)
delete.delete(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_deletion_that_was_interrupted_can_be_cancelled(cache, fetch):
    fetch(SHARDED)
    folder = Path(records.find(SHARDED).folder)
    assert subprocess.run([sys.executable, "-c", DIES, SHARDED, str(cache)]).returncode == 9
    assert folder.exists()
    assert records.find(SHARDED) is None
    assert [pin.weights for pin in pins.every()] == [SHARDED]
    cancel(SHARDED, cache)
    assert records.presence(SHARDED) == "absent"


def test_cancel_keeps_what_was_there_before(hub, cache, fetch):
    folder = Path(snapshot_download(SHARDED, cache_dir=cache, endpoint=hub.url, allow_patterns=["*00001*", "*.json"]))
    hub.fault("model-00002-of-00002.safetensors", "status", status=503)
    fetch(SHARDED)
    assert (folder / "README.md").is_file()
    cancel(SHARDED, cache)
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "tokenizer.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
    }  # fmt: skip
    assert not list(cache.rglob("*.incomplete"))
    assert pins.read(SHARDED) is None
