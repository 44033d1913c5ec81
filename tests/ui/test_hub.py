"""The whole path behind a real JupyterHub and configurable-http-proxy, on loopback. Run by `.ci/slow`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from ui.browser import (
    GHOST,
    IMPORTS,
    KERNEL_IS_IDLE,
    REST,
    START,
    active_source,
    edit_cell,
    press_slowly,
    write_notebook,
)
from ui.chat import answered, ask, open_chat
from ui.test_magic_cell import output_of, run_cell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CONFIG = """
c.JupyterHub.bind_url = 'http://127.0.0.1:{port}'
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.authenticator_class = 'dummy'
c.DummyAuthenticator.password = 'one two three'
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = 'simple'
c.Spawner.args = ['--allow-root', '--LabApp.expose_app_in_browser=True', '--ServerApp.root_dir={root}']
c.Spawner.environment = {{'HOME': '{home}', 'JUPYTERLAB_SETTINGS_DIR': '{home}/lab-settings'}}
c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{proxy_port}'
c.JupyterHub.cleanup_servers = True
"""
QUIET = '{"checkForUpdates": false, "fetchNews": "false"}'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[str, Path]]:
    """(address, root folder) of a hub whose users all get the same folder."""
    if not shutil.which("configurable-http-proxy"):
        pytest.fail("configurable-http-proxy is not on the PATH; .ci/slow installs it")
    home, root = tmp_path_factory.mktemp("hub"), tmp_path_factory.mktemp("root")
    settings = home / "lab-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(QUIET)
    ports = {"port": free_port(), "hub_port": free_port(), "proxy_port": free_port()}
    (home / "config.py").write_text(CONFIG.format(**ports, root=root, home=home))
    log = home / "hub.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "config.py"], cwd=home, stdout=output, stderr=output,
            env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": os.urandom(16).hex()},
        )  # fmt: skip
    address = f"http://127.0.0.1:{ports['port']}"
    for _ in range(300):
        try:
            urlopen(f"{address}/hub/health", timeout=1)
            break
        except OSError:
            if process.poll() is not None:
                pytest.fail(log.read_text()[-3000:])
            time.sleep(0.2)
    yield address, root
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(30)
    for child in psutil.wait_procs(started, timeout=10)[1]:  # the proxy outlives its hub at times
        child.kill()


@pytest.fixture
def hub_page(hub: tuple[str, Path], browser: Browser) -> Iterator[Page]:
    address, root = hub
    write_notebook(root / "hub.ipynb", [IMPORTS, ""])
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/hub/login?next=/hub/user-redirect/lab/tree/hub.ipynb")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("one two three")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first.wait_for(timeout=120_000)
    yield page
    context.close()


def test_ghost_text_and_cancel_behind_the_proxy(hub_page: Page) -> None:
    page = hub_page
    edit_cell(page, 1)
    press_slowly(page, START)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=60_000)
    page.keyboard.press("Tab")
    assert active_source(page) == START + REST
    page.keyboard.press("Enter")
    press_slowly(page, "def compute(values, weights):\n    total = ", delay=15)
    page.keyboard.press("Escape")
    deadline = time.monotonic() + 10
    while True:  # closing the connection must reach the engine through the proxy
        status = page.evaluate(
            """async () => {
                const settings = window.jupyterapp.serviceManager.serverSettings;
                const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? ''};
                return await (await fetch(settings.baseUrl + 'sc2/status', {headers})).json();
            }"""
        )
        if all(engine["running"] == engine["waiting"] == 0 for engine in status["engines"]):
            break
        assert time.monotonic() < deadline, status
        time.sleep(0.1)


def test_magic_and_chat_behind_the_proxy(hub_page: Page) -> None:
    """The kernel finds its server without a token of Jupyter's own: JupyterHub's stands in."""
    page = hub_page
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)
    source = "%load_ext jupyter_sc2_kernel\n%starcoder --max-tokens 16 Import numpy"
    page.evaluate(
        "source => window.jupyterapp.shell.currentWidget.model.cells.get(0).sharedModel.setSource(source)", source
    )
    run_cell(page, 0)
    expect(output_of(page, 0)).to_contain_text("StarCoder2 built-in", timeout=60_000)
    open_chat(page)
    ask(page, "Import numpy")
    answered(page)
