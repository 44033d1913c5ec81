"""Screenshots of the three doors and the panel of weights for the docs, in both themes.

Written where SC2_SCREENSHOTS says, else thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ui.browser import GHOST, change_theme, edit_cell, open_notebook, press_slowly
from ui.chat import answered, ask, open_chat
from ui.lab import Lab
from ui.models import dialog_of, entry_of, press, role_of, show_models
from ui.test_magic_cell import is_idle, output_of, run_cell

DOCS = Path(__file__).parents[2] / "docs"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
CELLS = """() => [...window.jupyterapp.shell.currentWidget.model.cells].map(cell => cell.sharedModel.getSource())"""


@pytest.fixture(params=THEMES)
def quickstart(request: pytest.FixtureRequest, page: Page, lab: Lab) -> Iterator[tuple[Page, str]]:
    """The quickstart notebook with its data read, and the theme's name."""
    for file in ("quickstart.ipynb", "penguins.csv"):
        shutil.copy(DOCS / file, lab.root / file)
    open_notebook(page, lab, "quickstart.ipynb")
    change_theme(page, THEMES[request.param])
    for index in (2, 3):
        run_cell(page, index)
        expect(output_of(page, index)).not_to_be_empty()
        is_idle(page)
    yield page, request.param
    change_theme(page, THEMES["light"])


def picture(page: Page, name: str, tmp_path: Path) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(1000)
    page.screenshot(path=Path(os.environ.get("SC2_SCREENSHOTS", tmp_path)) / f"{name}.png")


def test_ghost_text(quickstart: tuple[Page, str], tmp_path: Path) -> None:
    page, theme = quickstart
    edit_cell(page, 6)
    press_slowly(page, "for penguin in pen")
    expect(page.locator(GHOST)).not_to_have_count(0, timeout=30_000)
    page.wait_for_timeout(1000)  # the whole suggestion
    picture(page, f"ghost-text-{theme}", tmp_path)


def test_magic(quickstart: tuple[Page, str], tmp_path: Path) -> None:
    page, theme = quickstart
    sources = page.evaluate(CELLS)
    load = sources.index("%load_ext jupyter_sc2_kernel")
    run_cell(page, load)
    run_cell(page, load + 1)
    expect(output_of(page, load + 1)).to_contain_text("Written by a model", timeout=60_000)
    is_idle(page)
    page.evaluate("index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')", load - 1)
    picture(page, f"magic-{theme}", tmp_path)


def test_chat(quickstart: tuple[Page, str], lab: Lab, tmp_path: Path) -> None:
    page, theme = quickstart
    edit_cell(page, 5)
    open_chat(page)
    clear = page.get_by_role("button", name="Delete this conversation")
    if clear.is_enabled():
        clear.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    ask(page, "Show a scatter plot")
    answered(page)
    picture(page, f"chat-{theme}", tmp_path)


def test_models(quickstart: tuple[Page, str], tmp_path: Path) -> None:
    page, theme = quickstart
    show_models(page)
    ghost = role_of(page, "Ghost text")
    load = ghost.get_by_role("button", name=re.compile("^Load"))
    if load.count():
        load.click()
    expect(ghost).to_contain_text("ready", timeout=30_000)
    picture(page, f"models-{theme}", tmp_path)
    press(entry_of(page, "bigcode/starcoder2-3b"), "Download")
    expect(dialog_of(page).get_by_role("checkbox")).to_be_visible()
    picture(page, f"licence-{theme}", tmp_path)
    press(dialog_of(page), "Refuse")
