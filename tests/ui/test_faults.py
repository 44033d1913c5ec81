"""What a user sees when something breaks, and what must go on all the same."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time

import psutil
from playwright.sync_api import Browser, Page, expect

from ui.browser import (
    GHOST,
    IMPORTS,
    REST,
    START,
    active_source,
    edit_cell,
    open_notebook,
    press_slowly,
    status_of,
    write_notebook,
)
from ui.lab import Lab


def worker_pids(lab: Lab) -> list[int]:
    assert lab.process is not None
    found = []
    for child in psutil.Process(lab.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "jupyter_sc2.engine.worker" in child.cmdline():
                found.append(child.pid)
    return found


def test_engine_killed_under_a_suggestion(page: Page, lab: Lab, name: str) -> None:
    write_notebook(lab.root / name, [IMPORTS, ""])
    open_notebook(page, lab, name)
    edit_cell(page, 1)
    press_slowly(page, START)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    os.kill(*worker_pids(lab), signal.SIGKILL)
    expect(status_of(page)).to_contain_text(re.compile("restarting|loading|ready", re.IGNORECASE), timeout=10_000)
    assert active_source(page) == START
    page.keyboard.press("Control+a")
    deadline = time.monotonic() + 40
    while page.locator(GHOST).count() == 0:
        assert time.monotonic() < deadline, "no suggestion after the restart"
        page.keyboard.press("Control+a")
        press_slowly(page, START)
        page.wait_for_timeout(1000)
    expect(page.locator(GHOST)).to_contain_text(REST)
    expect(status_of(page)).to_contain_text(re.compile("ready|busy", re.IGNORECASE))


def test_five_tabs_stream_and_a_save_goes_through(browser: Browser, lab: Lab, name: str) -> None:
    """A browser allows six connections to one origin, all tabs together."""
    context = browser.new_context()
    pages = []
    for index in range(5):
        write_notebook(lab.root / f"{index}-{name}", [IMPORTS, ""])
        page = context.new_page()
        open_notebook(page, lab, f"{index}-{name}")
        edit_cell(page, 1)
        pages.append(page)
    for page in pages:
        page.bring_to_front()
        press_slowly(page, "def compute(values):\n", delay=5)
    for page in pages:
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')", None)
    for page in pages:
        assert active_source(page).startswith("def compute(values):")
        expect(page.locator(".jp-NotebookPanel .jp-mod-dirty")).to_have_count(0, timeout=10_000)
    for index in range(5):
        assert "def compute(values):" in (lab.root / f"{index}-{name}").read_text()
    context.close()


def test_the_status_item_says_more_on_click(page: Page, lab: Lab, name: str) -> None:
    write_notebook(lab.root / name, [IMPORTS, ""])
    open_notebook(page, lab, name)
    edit_cell(page, 1)
    press_slowly(page, START)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    status_of(page).click()
    dialog = page.get_by_role("dialog")
    for text in ("built-in", "Nothing leaves this machine", "torch"):
        expect(dialog).to_contain_text(text)
    (before,) = worker_pids(lab)
    dialog.get_by_role("button", name="Restart the engine").click()
    expect(dialog).to_have_count(0)
    deadline = time.monotonic() + 30
    while worker_pids(lab) in ([], [before]):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    expect(status_of(page)).to_contain_text("ready", timeout=30_000)
