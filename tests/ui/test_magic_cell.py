"""`%%starcoder` in a real notebook: the cell it makes, its card, and how it is stopped."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from ui.browser import GHOST, KERNEL_IS_IDLE, REST, START, edit_cell, open_notebook, press_slowly, write_notebook
from ui.lab import Lab

LOAD = "%load_ext jupyter_sc2_kernel"
REQUEST = "%%starcoder --max-tokens 48\nWrite a function that returns the shortest word of a sentence."
LONG = "%%starcoder --temperature 1 --max-tokens 1024\nWrite everything"
SOURCES = "() => [...window.jupyterapp.shell.currentWidget.model.cells].map(cell => cell.sharedModel.getSource())"


def run_cell(page: Page, index: int) -> None:
    """Starts a cell and does not wait for its end."""
    page.evaluate(
        """index => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = index;
            notebook.deselectAll();
            void window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def is_idle(page: Page) -> None:
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)


def output_of(page: Page, index: int) -> Locator:
    return page.locator(".jp-NotebookPanel:visible .jp-Cell").nth(index).locator(".jp-Cell-outputArea")


def open_with(page: Page, lab: Lab, name: str, *sources: str) -> None:
    write_notebook(lab.root / name, [LOAD, *sources, "last = True"])
    open_notebook(page, lab, name)
    run_cell(page, 0)
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.model.cells.get(0).executionCount === 1")
    is_idle(page)


def test_code_comes_in_a_new_cell_and_stays_text(page: Page, lab: Lab, name: str) -> None:
    open_with(page, lab, name, REQUEST)
    run_cell(page, 1)
    expect(output_of(page, 1)).to_contain_text("Written by a model", timeout=60_000)
    is_idle(page)
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.model.cells.length === 4")
    code = page.evaluate(SOURCES)[2]
    assert code.strip()
    expect(output_of(page, 1).locator(".jp-RenderedMarkdown pre")).to_contain_text(code.splitlines()[0])
    cells = "window.jupyterapp.shell.currentWidget.model.cells"
    assert page.evaluate(f"() => {cells}.get(2).executionCount") is None
    made_by = page.evaluate(f"() => {cells}.get(1).outputs.toJSON().find(o => o.metadata.jupyter_sc2)")
    assert made_by["metadata"]["jupyter_sc2"]["weights"] == "built-in"
    output_of(page, 1).get_by_role("button", name="Insert").click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.model.cells.length === 5")
    assert page.evaluate(SOURCES)[2] == code
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    output_of(page, 1).get_by_role("button", name="Copy").click()
    page.wait_for_function("async code => (await navigator.clipboard.readText()) === code", arg=code)


@pytest.mark.parametrize("how", ["button", "interrupt"])
def test_a_long_answer_can_be_stopped(page: Page, slow_lab: Lab, name: str, how: str) -> None:
    open_with(page, slow_lab, name, LONG)
    run_cell(page, 1)
    expect(output_of(page, 1).locator(".jp-RenderedMarkdown pre")).not_to_be_empty(timeout=60_000)
    if how == "button":
        output_of(page, 1).get_by_role("button", name="Stop").click()
    else:
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    expect(output_of(page, 1)).to_contain_text("Stopped.", timeout=10_000)
    is_idle(page)
    status = page.evaluate(
        """async () => {
            const { baseUrl } = window.jupyterapp.serviceManager.serverSettings;
            return await (await fetch(baseUrl + 'sc2/status')).json();
        }"""
    )
    assert all(engine["running"] == engine["waiting"] == 0 for engine in status["engines"])
    assert page.evaluate(SOURCES) == [LOAD, LONG, "last = True"]


def test_ghost_text_while_the_magic_writes(page: Page, slow_lab: Lab, name: str) -> None:
    open_with(page, slow_lab, name, "import numpy as np\nimport matplotlib.pyplot as plt", LONG, "")
    run_cell(page, 2)
    expect(output_of(page, 2).locator(".jp-RenderedMarkdown pre")).not_to_be_empty(timeout=60_000)
    edit_cell(page, 3)
    press_slowly(page, START, delay=10)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=20_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    is_idle(page)


def test_a_busy_kernel_is_left_alone(page: Page, lab: Lab, name: str) -> None:
    """Nothing of ours talks to the kernel while a cell runs."""
    plot = "import matplotlib.pyplot as plt, time\nplt.plot([1, 2])\ntime.sleep(3)"
    open_with(page, lab, name, plot, "")
    run_cell(page, 1)
    edit_cell(page, 2)
    press_slowly(page, "import numpy as n")
    is_idle(page)
    expect(output_of(page, 1).locator("img")).to_have_count(1)
