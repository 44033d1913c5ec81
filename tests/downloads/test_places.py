"""The cache is where huggingface_hub has it; and what the parts of a download do alone."""

import json
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_sc2.downloads.explain import explain, from_disk, host_of
from jupyter_sc2.downloads.offer import is_wanted
from jupyter_sc2.downloads.patience import asked_wait, may_pass
from jupyter_sc2.downloads.places import hub_cache

SURROUNDINGS = [
    {}, {"HF_HOME": "/a/b"}, {"HF_HOME": "~/b"}, {"HF_HUB_CACHE": "/c"}, {"HUGGINGFACE_HUB_CACHE": "/d"},
    {"XDG_CACHE_HOME": "/x"}, {"HF_HOME": "$HOME/b", "XDG_CACHE_HOME": "/x"}, {"HF_HOME": "/a", "HF_HUB_CACHE": "~/c"},
]  # fmt: skip
ASK = """
import importlib, json, os, sys
from huggingface_hub import constants
for each in json.loads(sys.argv[1]):
    os.environ.update(each)
    print(importlib.reload(constants).HF_HUB_CACHE)
    for name in each:
        del os.environ[name]
"""


def test_the_cache_is_where_its_owner_looks(monkeypatch):
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    asked = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(SURROUNDINGS)], capture_output=True, text=True, check=True
    )
    ours = []
    for each in SURROUNDINGS:
        with monkeypatch.context() as context:
            for name, value in each.items():
                context.setenv(name, value)
            ours.append(str(hub_cache()))
    assert ours == asked.stdout.split()


@pytest.mark.parametrize("name", [
    "model.safetensors", "model-00001-of-00014.safetensors", "config.json", "merges.txt", "LICENSE", "LICENSE.txt",
    "LICENSE-MODEL", "chat_template.jinja", "adapter_config.json",
])  # fmt: skip
def test_what_is_wanted(name):
    assert is_wanted(name)


@pytest.mark.parametrize("name", [
    "pytorch_model.bin", "model.pt", "modeling.py", "LICENSE.py", "LICENSE.pkl", "a/model.safetensors",
    "../config.json", "/model.safetensors", ".safetensors", "model.safetensors\n", "training_args.bin", "model.gguf",
    "..safetensors",
])  # fmt: skip
def test_what_is_never_wanted(name):
    assert not is_wanted(name)


def caused_by(cause, error):
    error.__cause__ = cause
    return error


def test_errors_of_the_line_are_told_apart():
    untrusted = ssl.SSLCertVerificationError(1, "self-signed certificate")
    untrusted.verify_message = "self-signed certificate"
    network = type("NetworkError", (Exception,), {})
    told = explain(caused_by(untrusted, network()), "a/b", "https://me:secret@hub.example", Path("/c"))
    assert told.code == "tls"
    assert told.message == "The certificate of hub.example is not trusted: self-signed certificate."
    assert "SSL_CERT_FILE" in told.hint
    assert not may_pass(caused_by(untrusted, network()))
    assert may_pass(network())
    assert (
        explain(caused_by(socket.gaierror(-2, "x"), network()), "a/b", "https://hub.example", Path("/c")).code
        == "no_network"
    )
    unknown = explain(RuntimeError("https://secret.example"), "a/b", "https://hub.example", Path("/c"))
    assert unknown.code == "download_failed"
    assert "secret" not in unknown.message + unknown.hint


def test_what_the_disk_says():
    full = from_disk(OSError(28, "No space left on device"), Path("/c"))
    assert full.code == "disk_full"
    assert full.message == "The disk of /c is full."
    assert from_disk(PermissionError(13, "Permission denied"), Path("/c")).code == "not_writable"


def test_hosts_are_told_without_passwords():
    assert host_of("https://me:secret@hub.example:8080/path") == "hub.example:8080"


class Answer(Exception):
    def __init__(self, **headers):
        super().__init__()
        self.response = type("Response", (), {"status_code": 429, "headers": headers})()


def test_how_long_a_server_asks_to_wait():
    assert asked_wait(Answer(**{"retry-after": "12"})) == 12
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    assert asked_wait(Answer(**{"retry-after": later})) == pytest.approx(100, abs=3)
    assert asked_wait(Answer(ratelimit='"api";r=0;t=55')) == 55
    assert asked_wait(Answer()) is None
    assert asked_wait(Answer(**{"retry-after": "soon"})) is None
