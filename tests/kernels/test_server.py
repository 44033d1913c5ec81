"""How a kernel finds its server."""

import json
import os

import pytest

from jupyter_sc2_kernel.errors import MagicError
from jupyter_sc2_kernel.server import Server, find_server


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def write(runtime, pid, **info):
    (runtime / f"jpserver-{pid}.json").write_text(json.dumps({"url": "http://localhost:8888/a/", "token": "t", **info}))


def test_named_by_the_environment_comes_first(runtime):
    write(runtime, 1)
    environment = {"JUPYTER_SC2_URL": "http://x:1/base", "JUPYTER_SC2_TOKEN": "s", "JPY_PARENT_PID": "1"}
    assert find_server(environment) == Server("http://x:1/base/", "s")


def test_the_server_that_started_the_kernel(runtime):
    write(runtime, 1, token="other", url="http://localhost:1/")
    write(runtime, 2)
    assert find_server({"JPY_PARENT_PID": "2"}) == Server("http://localhost:8888/a/", "t")


def test_under_jupyterhub(runtime):
    write(runtime, 2, token="")
    hub = {"JUPYTERHUB_API_TOKEN": "h", "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:9/user/ada/"}
    assert find_server({"JPY_PARENT_PID": "2", **hub}) == Server("http://localhost:8888/a/", "h")
    assert find_server(hub) == Server("http://127.0.0.1:9/user/ada/", "h")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"url": 1', "null"])
def test_a_damaged_runtime_file(runtime, content):
    (runtime / "jpserver-3.json").write_text(content)
    with pytest.raises(MagicError, match="No jupyter-sc2 server was found"):
        find_server({"JPY_PARENT_PID": "3"})


@pytest.mark.parametrize("url", ["localhost:8888", "file:///etc/passwd", "ftp://x", "http://"])
def test_an_address_of_no_use(url):
    with pytest.raises(MagicError, match="must begin with http"):
        find_server({"JUPYTER_SC2_URL": url})


def test_nothing_secret_is_shown():
    server = Server("https://user:hunter2@host:8888/path?token=hunter2", "hunter2")
    assert server.shown == "https://host:8888"
    assert "hunter2" not in repr(Server("http://x/", "hunter2"))


def test_windows_asks_the_ancestors(runtime, monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Windows")
    with pytest.raises(MagicError):
        find_server({"JPY_PARENT_PID": "1840"})
    write(runtime, 1840, token="of a handle's number")
    write(runtime, os.getppid())
    assert find_server({"JPY_PARENT_PID": "1840"}) == Server("http://localhost:8888/a/", "t")
