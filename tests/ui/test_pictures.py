"""Screenshots for the README and the docs, in both themes. Written where SC2_SCREENSHOTS says, else thrown away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui.browser import GHOST, edit_cell, open_notebook, press_slowly
from ui.lab import Lab

DOCS = Path(__file__).parents[2] / "docs"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


@pytest.mark.parametrize("theme", THEMES)
def test_quickstart_with_ghost_text(page: Page, lab: Lab, theme: str, tmp_path: Path) -> None:
    for file in ("quickstart.ipynb", "penguins.csv"):
        shutil.copy(DOCS / file, lab.root / file)
    open_notebook(page, lab, "quickstart.ipynb")
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[theme])
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_timeout(1000)
    edit_cell(page, 6)
    press_slowly(page, "for penguin in pen")
    expect(page.locator(GHOST)).not_to_have_count(0, timeout=30_000)
    page.wait_for_timeout(2000)  # the whole suggestion
    page.screenshot(path=Path(os.environ.get("SC2_SCREENSHOTS", tmp_path)) / f"ghost-text-{theme}.png")
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES["light"])
