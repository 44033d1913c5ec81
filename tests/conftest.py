"""Fixtures for the whole tree: a home of its own for every test, and a server whose engine is fake."""

import asyncio
import contextlib
import json
import shutil
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from hub import Hub
from jupyter_server.serverapp import ServerApp
from rambler import QUICK, write_rambler
from supervised import Harness
from traitlets.config import Config

import jupyter_sc2
from jupyter_sc2.tokenizer import Tokenizer

pytest_plugins = ("pytest_jupyter.jupyter_server",)

BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in"


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """Where two processes run the tests, one has the browser's, which begin at once, and the other has the rest."""
    browser = Path(__file__).parent / "ui"
    for item in items:
        name = "browser" if browser in item.path.parents else item.path.name
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: browser not in item.path.parents)


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path_factory):
    """No test reads or writes the developer's home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(home / kind.lower()))


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop):
    """As in pytest-jupyter, but makes no server for the tests that have none."""
    yield
    if not ServerApp.initialized():
        return
    app = ServerApp.instance()
    with contextlib.suppress(RuntimeError, SystemExit):
        jp_asyncio_loop.run_until_complete(app._cleanup())
    if hasattr(app, "kernel_manager"):
        app.kernel_manager.context.destroy()
    ServerApp.clear_instance()


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory):
    """A catalogue entry without weights: what building a prompt needs."""
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    folder.mkdir()
    shutil.copy(BUILT_IN / "tokenizer.json", folder)
    sizes = {"vocab_size": 8192, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    config = {"model_type": "starcoder2", "max_position_embeddings": 4096, "jupyter_sc2_fim_order": "spm"}
    (folder / "config.json").write_text(json.dumps({**config, **sizes, **heads}))
    return folder


@pytest.fixture(scope="session")
def tokenizer(weights_folder):
    return Tokenizer(weights_folder / "tokenizer.json")


@pytest.fixture(scope="session")
def rambler(tmp_path_factory):
    """Weights that write for long and slowly: 12 layers."""
    folder = tmp_path_factory.mktemp("weights") / "rambler"
    return write_rambler(folder, BUILT_IN / "tokenizer.json", max_position_embeddings=16384)


@pytest.fixture(scope="session")
def quick_rambler(tmp_path_factory):
    """Weights that write for long and fast: 2 layers."""
    return write_rambler(tmp_path_factory.mktemp("weights") / "quick", BUILT_IN / "tokenizer.json", **QUICK)


@pytest.fixture
def sc2_config(weights_folder):
    return {"weights": str(weights_folder)}


@pytest.fixture
def jp_server_config(sc2_config):
    return Config({"ServerApp": {"jpserver_extensions": {"jupyter_sc2": True}}, "Sc2App": sc2_config})


@pytest.fixture
def sc2_app(jp_serverapp):
    return jp_serverapp.extension_manager.extension_points["jupyter_sc2"].app


@pytest.fixture
def engine(sc2_app, tokenizer):
    """The server's engine, replaced by a fake one."""
    fake = FakeEngine(tokenizer)
    sc2_app.services.fleet = list
    for served in sc2_app.services.served.values():
        served.engine = fake
    yield fake
    for task in fake.tasks:
        task.cancel()


@pytest.fixture
def harness(jp_asyncio_loop):
    made = Harness()
    yield made

    async def stop():
        await asyncio.gather(*(supervisor.stop() for supervisor in made.supervisors))
        await asyncio.sleep(0)

    jp_asyncio_loop.run_until_complete(stop())


@pytest.fixture(scope="session")
def rambling_hub(quick_rambler, tmp_path_factory):
    """A Hub on loopback: small weights that need BigCode's licence, and others that need none."""
    folder = tmp_path_factory.mktemp("offered")
    for name in ("bigcode", "free"):
        shutil.copytree(quick_rambler, folder / name)
    (folder / "bigcode" / "LICENSE").write_text("The licence.\n")
    hub = Hub()
    hub.add("bigcode/starcoder2-3b", folder / "bigcode")
    hub.add("somebody/rambler", folder / "free")
    yield hub
    hub.close()


@pytest.fixture
def weights_hub(rambling_hub, tmp_path, monkeypatch):
    """The Hub that downloads of this test ask, into a cache of its own."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", rambling_hub.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    rambling_hub.reset()
    return rambling_hub
