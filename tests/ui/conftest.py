"""One JupyterLab and one Chromium for all browser tests; each test gets its own folder, notebook and page."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from rambler import write_rambler

from jupyter_sc2.catalog import locate
from ui.browser import ARGUMENTS, find_chromium
from ui.lab import Lab, Settings


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        message = "no Chromium on the PATH or in SC2_CHROMIUM; see the README"
        if os.environ.get("SC2_BROWSER_REQUIRED"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    running = Lab(root, home).start()
    yield running
    running.stop()


@pytest.fixture(scope="package")
def slow_lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    """A JupyterLab whose chat and magic write for some seconds; its ghost text is the built-in weights'."""
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    weights = write_rambler(tmp_path_factory.mktemp("weights") / "rambler", locate("built-in") / "tokenizer.json")
    roles = [f"--Sc2App.roles={role}={weights}" for role in ("chat", "magic")]
    settings: Settings = {"jupyter-sc2:chat": {"maxNewTokens": 1024, "temperature": 1}}
    running = Lab(root, home, *roles, settings=settings).start()
    yield running
    running.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page. An uncaught error in the extension's own code fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    fresh = context.new_page()
    errors: list[str] = []
    fresh.on("pageerror", lambda error: errors.append(f"{error.message}\n{error.stack}"))
    yield fresh
    context.close()
    assert not [error for error in errors if "jupyter-sc2" in error], errors


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Overrides pytest-jupyter's: servers are processes of their own here, and Playwright runs the loop."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """As above."""


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A notebook of its own for each test: one of an old name would meet the old kernel."""
    file, test = request.node.path.stem.removeprefix("test_"), request.node.name.removeprefix("test_")
    return f"{file}-{test.replace('[', '-').replace(']', '')}.ipynb"
