"""What a person does in JupyterLab, in words: open, type, wait for grey text."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page, expect

from ui.lab import Lab

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Asked again and again: what JupyterLab still does (a finished run, a dialog that closes) may take the focus away.
EDITS_CELL = """index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cell = notebook.widgets[index];
    if (cell?.node.contains(document.activeElement) && cell.editor?.hasFocus()) return true;
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index); // may never settle
    notebook.mode = 'command';
    notebook.mode = 'edit';
    return false;
}"""
IS_WHOLE = """() => {
    const { content, context } = window.jupyterapp.shell.currentWidget ?? {};
    return context?.isReady && content?.widgets?.length === context.model.cells.length && content.widgets.length > 0;
}"""
KERNEL_IS_IDLE = """() => {
    const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
GHOST = ".jp-GhostText:not(.jp-GhostText-lineSpacer, .jp-GhostText-letterSpacer)"
IMPORTS = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt"
START, REST = "import matplotlib.pyplot as ", "plt"  # the notebook tells the weights what follows


def find_chromium() -> str | None:
    names = (os.environ.get("SC2_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def write_notebook(path: Path, sources: list[str]) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}  # else the first Enter comes too early to indent
    nbformat.write(notebook, path)
    return path


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Opens `name` alone in JupyterLab, its kernel idle."""
    page.goto(f"{lab.url}/lab/tree/{name}?reset&token={lab.token}")
    page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)  # the indicator says idle before there is a kernel
    page.wait_for_function(IS_WHOLE)  # JupyterLab adds the cells of a notebook little by little


def edit_cell(page: Page, index: int) -> None:
    """Puts the cursor at the end of a cell. Cells out of sight are not in the page, so a click could miss."""
    page.wait_for_function(EDITS_CELL, arg=index, polling=100)
    page.keyboard.press("Control+End")


def change_theme(page: Page, theme: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    expect(page.locator(".jp-Splash, #jupyterlab-splash")).to_have_count(0)


def active_source(page: Page) -> str:
    """The active cell's real text, without ghost text, from the document model."""
    return str(
        page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource()")
    )


def ghost_text(page: Page) -> str:
    return "".join(page.locator(GHOST).all_text_contents())


def status_of(page: Page) -> Any:
    return page.locator(".jp-sc2-status")


def press_slowly(page: Page, text: str, delay: float = 40) -> None:
    """Types as a person does, `delay` milliseconds between keys."""
    page.keyboard.type(text, delay=delay)
