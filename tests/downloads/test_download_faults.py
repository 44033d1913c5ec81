"""What goes wrong on the way ends in working weights or in a clear sentence, never in half a model."""

import json
import os
import resource
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkpoints import SHARDED, SILENT, SMALLEST
from hub import SIGNATURE, STRANGER, TOKEN
from huggingface_hub import snapshot_download
from huggingface_hub.utils import _http

from jupyter_sc2.downloads import pins, records

FILE = "model.safetensors"
SECOND = "model-00002-of-00002.safetensors"
PASSING = {
    "a line that drops once": [(FILE, "drop", 500_000, 1)],
    "a line that drops after every 200 kB": [(FILE, "drop", 200_000, -1)],
    "a line that drops and a server that sends no parts": [(FILE, "drop", 500_000, 1), (FILE, "no_range", 0, -1)],
    "a line that falls silent": [(FILE, "stall", 500_000, 1)],
    "a byte that flips once": [(FILE, "flip", 700_000, 1)],
    "a byte that flips in a small file": [("tokenizer.json", "flip", 1000, 1)],
    "a file that is cut off once": [(FILE, "truncate", 900_000, 1)],
    "a file that is empty once": [(FILE, "truncate", 0, 1)],
    "a slow line": [(FILE, "slow", 3_000_000, 1)],
    "an index that drops": [("config.json", "drop", 10, 1)],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_what_passes_is_overcome(faults, hub, fetch, works):
    for fault in faults:
        hub.fault(*fault)
    assert fetch(SMALLEST, settings=SILENT)[-1].failure is None
    works(SMALLEST)


def test_a_server_in_trouble_is_asked_again(hub, fetch):
    for name, status in (
        ("api", 500),
        ("config.json", 408),
        ("tokenizer.json", 429),
        (FILE, 503),
        (f"cdn:{FILE}", 504),
    ):
        hub.fault(name, "status", status=status, times=1)
    assert fetch(SMALLEST)[-1].state == "done"
    assert not any(fault.times for fault in hub.faults)


def test_the_server_says_how_long_to_wait(hub, fetch):
    hub.fault(FILE, "status", status=429, headers={"Retry-After": "3600"}, times=1)
    told = fetch(SMALLEST)
    assert told[-1].state == "done"
    waited = [download for download in told if download.note]
    assert waited[0].note == "The Hub asks to wait; trying again in 0 s."  # bounded by the settings
    hub.reset()


def test_a_dropped_line_sends_nothing_twice(hub, fetch):
    hub.fault(FILE, "drop", after=600_000, times=1)
    fetch(SMALLEST)
    assert hub.sent[FILE] == records.find(SMALLEST).files[FILE].size


def test_why_it_waits_is_told(hub, fetch):
    hub.fault(FILE, "drop", after=600_000, times=1)
    notes = [download.note for download in fetch(SMALLEST)]
    assert "The line dropped; trying again in 0 s." in notes
    assert notes[-1] == ""


def refuse(hub, name, **more):
    hub.fault(name, "status", **more)


FATAL = {
    "hub_down": lambda hub: refuse(hub, FILE, status=500),
    "hub_busy": lambda hub: refuse(hub, "api", status=429, headers={"Retry-After": "0"}),
    "hub_login": lambda hub: refuse(hub, "api", status=401),
    "hub_forbidden": lambda hub: refuse(hub, f"cdn:{FILE}", status=403),
    "hub_refused": lambda hub: refuse(hub, FILE, status=451),
    "hub_gated": lambda hub: hub.gated.add(SMALLEST),
    "hub_no_revision": lambda hub: refuse(hub, FILE, status=404, headers={"X-Error-Code": "EntryNotFound"}),
    "line_dropped": lambda hub: hub.fault(FILE, "drop", after=0),
    "weights_corrupt": lambda hub: hub.fault(FILE, "flip", after=700_000),
}


@pytest.mark.parametrize("code", FATAL)
def test_what_does_not_pass_is_told_and_mended_later(code, hub, fetch, works, nothing_half):
    FATAL[code](hub)
    told = fetch(SMALLEST)[-1]
    assert (told.state, told.failure.code) == ("failed", code)
    assert_plain(told.failure)
    nothing_half(SMALLEST)
    hub.reset()
    fetch(SMALLEST)
    works(SMALLEST)


@pytest.mark.parametrize(("kind", "after"), [("truncate", 900_000), ("stall", 900_000), ("drop", 900_000)])
def test_a_file_that_never_comes_whole(kind, after, hub, fetch, nothing_half):
    hub.fault(FILE, kind, after=after)
    hub.fault(FILE, "no_range")  # so that it never gets further
    told = fetch(SMALLEST, settings=SILENT)[-1]
    assert told.failure.code == "line_dropped"
    assert_plain(told.failure)
    nothing_half(SMALLEST)


def test_a_file_that_is_shorter_on_the_server(hub, fetch, nothing_half):
    hub.fault(FILE, "truncate", after=900_000)
    failure = fetch(SMALLEST)[-1].failure
    assert failure.code == "weights_corrupt"
    assert_plain(failure)
    assert hub.sent[FILE] == 2 * 900_000
    nothing_half(SMALLEST)


def test_a_cache_of_another_user_is_used_as_it_is(hub, fetch, cache, works):
    folder = snapshot_download(SMALLEST, cache_dir=cache, endpoint=hub.url)
    with unwritable(folder):
        assert fetch(SMALLEST)[-1].failure is None
        assert not (Path(folder) / "SHA256SUMS").exists()
    works(SMALLEST)


@contextmanager
def unwritable(folder):
    """Root may write everywhere but into what is immutable."""
    change = (["chattr", "+i"], ["chattr", "-i"]) if os.geteuid() == 0 else (["chmod", "a-w"], ["chmod", "u+w"])
    if subprocess.run([*change[0], folder], capture_output=True).returncode:
        pytest.skip("this file system has no immutable folders")
    try:
        yield
    finally:
        subprocess.run([*change[1], folder], check=True)


def repo(hub, **changes):
    """A repository of one file, changed."""
    config = {"model_type": "starcoder2", **changes.pop("config", {})}
    files = {"config.json": json.dumps(config).encode(), FILE: b"weights", **changes}
    hub.put("me/mine", {name: data for name, data in files.items() if data is not None})


INDEX = "model.safetensors.index.json"
REFUSED = {
    "wrong_model: llama": {"config": {"model_type": "llama"}},
    "wrong_model: 'relu'": {"config": {"hidden_act": "relu"}},
    "weights_unsafe: code of its own": {"config": {"auto_map": {"AutoModel": "modeling.Model"}}},
    "weights_unsafe: pickles": {FILE: None, "pytorch_model.bin": b"pickle"},
    "weights_unsafe: '../../other.safetensors'": {
        FILE: None, INDEX: b'{"weight_map": {"a": "../../other.safetensors"}}',
    },
    "weights_unsafe: '/etc/x.safetensors'": {FILE: None, INDEX: b'{"weight_map": {"a": "/etc/x.safetensors"}}'},
    "weights_unsafe: 'weights.bin'": {FILE: None, INDEX: b'{"weight_map": {"a": "weights.bin"}}'},
    "weights_corrupt: model-2.safetensors": {FILE: None, INDEX: b'{"weight_map": {"a": "model-2.safetensors"}}'},
    "weights_corrupt: no index": {FILE: None, INDEX: b"[1, 2]"},
    "weights_corrupt: not readable JSON": {"config.json": b"{"},
    "no_weights: no config.json": {"config.json": None},
    "no_weights: no safetensors": {FILE: None},
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_we_cannot_use_is_refused_before_its_weights_come(case, hub, fetch, nothing_half):
    config = REFUSED[case].get("config", {})
    if config.get("model_type", "starcoder2") == "starcoder2":
        config = {"vocab_size": 8, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, **config}
        config |= {"num_attention_heads": 1, "num_key_value_heads": 1}
    repo(hub, **{**REFUSED[case], "config": config})
    failure = fetch("me/mine")[-1].failure
    code, _, words = case.partition(": ")
    assert failure.code == code
    assert words in failure.message
    assert_plain(failure)
    assert hub.sent[FILE] == 0
    assert pins.read("me/mine") is None
    nothing_half("me/mine")


def test_a_shard_that_the_hub_lost(hub, fetch, nothing_half):
    files = hub.repos[SHARDED]["main"]
    hub.put(SHARDED, {name: each.data for name, each in files.items() if name != SECOND})
    failure = fetch(SHARDED)[-1].failure
    assert failure.code == "weights_corrupt"
    assert SECOND in failure.message
    assert hub.sent["model-00001-of-00002.safetensors"] == 0
    nothing_half(SHARDED)


def test_a_disk_that_is_too_small_is_told_before(hub, fetch, nothing_half):
    hub.repos[SMALLEST]["main"][FILE].listed = 1 << 37
    try:
        failure = fetch(SMALLEST)[-1].failure
    finally:
        hub.repos[SMALLEST]["main"][FILE].listed = None
    assert failure.code == "disk_full"
    assert "137.4 GB more are needed" in failure.message
    assert hub.sent[FILE] == 0
    nothing_half(SMALLEST)


def test_a_disk_that_gets_full(hub, fetch, works, nothing_half):
    """As a quota does: files may not grow beyond 700 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
    try:
        failure = fetch(SMALLEST)[-1].failure
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failure.code == "disk_full"
    assert_plain(failure)
    nothing_half(SMALLEST)
    before = hub.sent[FILE]
    fetch(SMALLEST)
    works(SMALLEST)
    assert records.find(SMALLEST).files[FILE].size - 700_000 == hub.sent[FILE] - before  # what found room was kept


def test_a_cache_that_cannot_be_written(fetch, cache, nothing_half):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    failure = fetch(SMALLEST)[-1].failure
    assert failure.code == "not_writable"
    assert_plain(failure)


@pytest.mark.parametrize(("weights", "branch", "token", "code"), [
    ("me/nowhere", "main", "", "hub_not_found"),
    ("me/nowhere", "main", TOKEN, "hub_not_found"),
    (SMALLEST, "v9", "", "hub_no_revision"),
    (SMALLEST, "main", "hf_wrongToken", "hub_login"),
])  # fmt: skip
def test_the_hub_says_no(weights, branch, token, code, hub, fetch, monkeypatch):
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    failure = fetch(weights, branch)[-1].failure
    assert failure.code == code
    assert_plain(failure)


def test_gated_weights_need_a_token_with_access(hub, fetch, works, monkeypatch):
    hub.gated.add(SMALLEST)
    failure = fetch(SMALLEST)[-1].failure
    assert "accepted its terms" in failure.message
    assert "HF_TOKEN" in failure.hint
    monkeypatch.setenv("HF_TOKEN", STRANGER)
    failure = fetch(SMALLEST)[-1].failure
    assert "no access" in failure.message
    assert f"/{SMALLEST}" in failure.hint
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    told = fetch(SMALLEST)
    works(SMALLEST)
    assert TOKEN not in repr(told) + records.path_of(SMALLEST).read_text()


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def test_no_server(fetch):
    failure = fetch(SMALLEST, endpoint=f"http://127.0.0.1:{free_port()}")[-1].failure
    assert failure.code == "no_network"
    assert_plain(failure)


def test_a_name_that_is_not_found(fetch):
    failure = fetch(SMALLEST, endpoint="http://user:secret@hub.invalid")[-1].failure
    assert failure.code == "no_network"
    assert "The name hub.invalid could not be found" in failure.message
    assert "secret" not in repr(failure)
    assert_plain(failure)


@pytest.mark.parametrize("endpoint", ["http://no..name", "ftp://hub.example", "hub.example"])
def test_an_endpoint_that_is_none(endpoint, fetch):
    failure = fetch(SMALLEST, endpoint=endpoint)[-1].failure
    assert failure.code == "hub_unusable"
    assert_plain(failure)


def test_a_server_without_tls(hub, fetch):
    failure = fetch(SMALLEST, endpoint=hub.url.replace("http:", "https:"))[-1].failure
    assert failure.code == "tls"
    assert_plain(failure)


def test_a_proxy_that_is_not_there(fetch, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{free_port()}")
    _http.close_session()  # a client reads the variables when it is made
    try:
        failure = fetch(SMALLEST, endpoint="http://hub.example")[-1].failure
    finally:
        _http.close_session()
    assert failure.code == "proxy"
    assert "127.0.0.1:" in failure.message
    assert "secret" not in repr(failure)


@pytest.mark.parametrize("answer", [b"<html>Log in to the network</html>", b"[]", b'{"siblings": []}'])
def test_something_else_answers_for_the_hub(answer, hub, fetch):
    hub.fault("api", "status", status=200, headers={"Content-Length": len(answer)}, body=answer)
    failure = fetch(SMALLEST)[-1].failure
    assert failure.code == "hub_unusable"
    assert_plain(failure)


def assert_plain(failure):
    """Sentences for people: no traceback, no address with a secret, no name of a class."""
    said = f"{failure.message} {failure.hint}"
    assert failure.message.endswith(".")
    assert failure.hint.endswith(".")
    for word in ("Traceback", "Error", "httpx", SIGNATURE, TOKEN, "None", "Errno"):
        assert word not in said, said
