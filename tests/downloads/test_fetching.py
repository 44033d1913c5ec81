"""Downloads that go well: only what is wanted, checked, visible to other programs, and theirs used."""

import json
import os
import re
import time

import checkpoints
import pytest
from checkpoints import QUICK, SHARDED, SMALLEST
from hub import TOKEN
from huggingface_hub import scan_cache_dir, snapshot_download
from msgspec.structs import replace

from jupyter_sc2.downloads import pins, records

UNWANTED = {"pytorch_model.bin", "modeling_own.py", "onnx/model.safetensors"}


@pytest.mark.parametrize("weights", checkpoints.FORMS)
def test_each_form_works_after_its_download(weights, hub, fetch, works, sources):
    told = fetch(weights)
    assert [download.state for download in told if download.total][-1] == "done"
    record = records.find(weights)
    names = {path.relative_to(sources[weights]).as_posix() for path in sources[weights].rglob("*") if path.is_file()}
    assert set(record.files) == names - UNWANTED
    assert {name for name, count in hub.sent.items() if count} == names - UNWANTED
    assert record.licence_file == "LICENSE"
    works(weights)


def test_progress_grows_to_the_whole_size(hub, fetch):
    hub.fault("model.safetensors", "slow", after=2_000_000)
    begun = time.monotonic()
    told = fetch(SMALLEST, settings=replace(QUICK, report=0.1))
    seconds = time.monotonic() - begun
    running = [download for download in told if download.state == "running"]
    done = [download.done for download in running]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert told[-1].done == told[-1].total == sum(file.size for file in records.find(SMALLEST).files.values())
    rates = [download.rate for download in running if download.rate]
    assert told[-1].total / seconds / 10 < rates[-1] < 10 * told[-1].total / seconds
    assert running[-1].seconds_left is not None


def test_other_programs_find_what_was_fetched(fetch, cache, hub):
    fetch(SHARDED)
    found = scan_cache_dir(cache)
    assert not found.warnings
    assert not found.incomplete_files
    (repo,) = found.repos
    assert repo.repo_id == SHARDED
    assert list(repo.refs) == ["main"]
    folder = snapshot_download(SHARDED, cache_dir=cache, local_files_only=True)
    assert folder == records.find(SHARDED).folder


def test_what_another_program_fetched_is_checked_and_used(fetch, cache, hub, works):
    folder = snapshot_download(SHARDED, cache_dir=cache, endpoint=hub.url)
    assert records.presence(SHARDED) == "partial"
    hub.sent.clear()
    told = fetch(SHARDED)
    assert sum(hub.sent.values()) == 0
    assert "checking" in [download.state for download in told]
    assert records.find(SHARDED).folder == folder
    works(SHARDED)


def test_what_another_program_left_damaged_is_fetched_again(fetch, cache, hub, works):
    folder = snapshot_download(SHARDED, cache_dir=cache, endpoint=hub.url)
    damaged = os.path.realpath(os.path.join(folder, "model-00002-of-00002.safetensors"))
    with open(damaged, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x55")
    hub.sent.clear()
    fetch(SHARDED)
    assert list(hub.sent) == ["model-00002-of-00002.safetensors"]
    works(SHARDED)


def test_complete_weights_are_checked_and_mended(fetch, hub, works):
    fetch(SMALLEST)
    path = os.path.join(records.find(SMALLEST).folder, "tokenizer.json")
    size = os.path.getsize(path)
    os.truncate(path, size - 1)
    assert records.find(SMALLEST) is None
    hub.sent.clear()
    fetch(SMALLEST)
    assert dict(hub.sent) == {"tokenizer.json": size}
    works(SMALLEST)


def test_it_goes_on_with_the_commit_it_began_with(fetch, hub, sources, works, tmp_path):
    hub.fault("model-00002-of-00002.safetensors", "status", status=503)
    assert fetch(SHARDED)[-1].failure.code == "hub_down"
    begun = pins.read(SHARDED)
    hub.faults.clear()
    newer = hub.put(SHARDED, {"config.json": b"{}", "model.safetensors": b"other"})
    assert newer != begun.revision
    fetch(SHARDED)
    assert records.find(SHARDED).revision == begun.revision
    assert pins.read(SHARDED) is None
    works(SHARDED)


def test_a_revision_may_be_named(fetch, hub, works):
    older = hub.repos[SMALLEST]["commits"]["main"]
    hub.put(SMALLEST, {"config.json": b"{}"})
    fetch(SMALLEST, branch=older)
    assert records.find(SMALLEST).revision == older
    works(SMALLEST)


def test_an_adapter_comes_with_its_own_files(fetch, hub):
    files = {"adapter_config.json": b"{}", "adapter_model.safetensors": b"weights", "README.md": b"", "run.py": b""}
    hub.put("me/adapter", files)
    assert fetch("me/adapter")[-1].state == "done"
    assert set(records.find("me/adapter").files) == files.keys() - {"run.py"}


def test_the_hub_hears_no_more_than_it_must(fetch, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fetch(SHARDED)
    for role, method, path, headers in hub.seen:
        assert method == "GET"
        assert re.match(r"/api/models/|/bigcode/starcoder2-3b/", path)
        assert headers["user-agent"].startswith("jupyter-sc2/")
        assert ("authorization" in headers) == (role == "hub")


def test_the_record_can_be_read(fetch):
    fetch(SMALLEST)
    path = records.path_of(SMALLEST)
    assert path.stat().st_mode & 0o777 == 0o600
    told = json.loads(path.read_text())
    assert told["weights"] == SMALLEST
    assert re.fullmatch(r"[0-9a-f]{64}", told["files"]["config.json"]["sha256"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", told["time"])
