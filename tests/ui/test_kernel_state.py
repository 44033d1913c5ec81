"""What ran and which names live reach the server, and asking for them disturbs nothing. In a real JupyterLab."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from ui.browser import KERNEL_IS_IDLE, edit_cell, open_notebook, press_slowly, write_notebook
from ui.lab import Lab

FIGURE = "import matplotlib.pyplot as plt, time\nplt.plot([1, 2])\ntime.sleep(3)"
FRAME = "import pandas\nscores = pandas.DataFrame({'player': ['hunter2'], 'points': [8675309]})"
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => ({
    source: cell.getSource(), count: cell.execution_count ?? null,
    kinds: (cell.outputs ?? []).flatMap(output => Object.keys(output.data ?? {[output.name]: 0})),
}))"""
PAUSE = 1500  # milliseconds: more than the page waits before it asks the kernel


@pytest.fixture
def bodies(page: Page) -> list[dict[str, Any]]:
    """Every completion request from here on."""
    found: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.partition("?")[0].endswith("/sc2/complete"):
            found.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return found


@pytest.fixture
def asked(page: Page) -> list[object]:
    """Every request to a kernel for its names."""
    found: list[object] = []
    page.on(
        "websocket", lambda socket: socket.on("framesent", lambda data: found.append(1) if is_asking(data) else None)
    )
    return found


@pytest.fixture
def no_snapshot(lab: Lab) -> Iterator[None]:
    def put(settings: str) -> None:
        url = f"{lab.url}/lab/api/settings/jupyter-sc2:completer"
        headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
        body = json.dumps({"raw": settings}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=10).close()

    put('{"kernelSnapshot": false}')
    yield
    put("{}")


def is_asking(data: str | bytes) -> bool:
    return b"jupyter_sc2_kernel.snapshot" in (data.encode() if isinstance(data, str) else data)


def start(page: Page, lab: Lab, name: str, *sources: str) -> None:
    write_notebook(lab.root / name, [*sources, ""])
    open_notebook(page, lab, name)
    edit_cell(page, 0)


def run(page: Page) -> None:
    page.keyboard.press("Shift+Enter")
    page.wait_for_timeout(200)


def settle(page: Page) -> None:
    """Everything ran, and the kernel was asked."""
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)
    page.wait_for_timeout(PAUSE)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)


def cells(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate(CELLS))


def states(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The states whose text was sent."""
    sent = [body["state"]["source"] for body in bodies if "source" in body.get("state", {})]
    return [json.loads(source) for source in sent]


def test_a_running_cell_keeps_its_figure(
    page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]], asked: list[object]
) -> None:
    start(page, lab, name, "first = 1", FIGURE, "after = 2")
    run(page)
    settle(page)
    before = len(asked)
    edit_cell(page, 1)
    run(page)
    edit_cell(page, 3)
    press_slowly(page, "import matplotlib.pyplot as ", delay=60)
    assert bodies, "ghost text is asked for while the cell runs"
    assert page.locator(".jp-OutputArea img").count() == 0, "it still runs"
    assert len(asked) == before == 1, "the kernel is not asked while a cell runs"
    expect(page.locator(".jp-OutputArea img")).to_have_count(1, timeout=30_000)
    settle(page)
    edit_cell(page, 2)
    run(page)
    settle(page)
    assert len(asked) == 3, "once after each execution"
    found = cells(page)
    assert [cell["count"] for cell in found] == [1, 2, 3, None], "no count is used up"
    assert "image/png" in found[1]["kinds"]
    assert not found[0]["kinds"] + found[2]["kinds"]


def test_a_request_in_words_keeps_its_new_cell(page: Page, lab: Lab, name: str) -> None:
    words = "%%starcoder --max-tokens 24\nadd two numbers"
    start(page, lab, name, "%load_ext jupyter_sc2_kernel", words, "other = 1")
    run(page)
    settle(page)
    edit_cell(page, 1)
    run(page)
    edit_cell(page, 0)  # above the new cell: its number stays
    press_slowly(page, "import os\nimport ", delay=60)
    page.wait_for_function("count => window.jupyterapp.shell.currentWidget.content.widgets.length > count", arg=4)
    settle(page)
    found = cells(page)
    assert [found[1]["source"], found[3]["source"]] == [words, "other = 1"]
    assert found[2]["source"].strip(), "the new cell stands below its own"


def test_columns_are_told_once(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    start(page, lab, name, FRAME)
    run(page)
    settle(page)
    edit_cell(page, 1)
    press_slowly(page, "zebra", delay=300)
    page.wait_for_timeout(PAUSE)
    state = states(bodies)[-1]
    assert [(one["order"], one["output"], one["error"]) for one in state["runs"]] == [(1, "", "")]
    assert "sha" in state["runs"][0]
    variables = {variable["name"]: variable for variable in state["snapshot"]["variables"]}
    assert [column["name"] for column in variables["scores"]["columns"]] == ["player", "points"]
    assert variables["pandas"]["module"] == "pandas"
    assert state["snapshot"]["execution_count"] == 1
    assert "hunter2" not in json.dumps(state["snapshot"])
    assert "8675309" not in json.dumps(state["snapshot"])
    assert sum("source" in body["state"] for body in bodies if body.get("state")) == 1, "then its sha is enough"
    assert len([body for body in bodies if body.get("state")]) > 1
    assert "source" not in bodies[-1]["state"]


def test_outputs_and_errors_are_told(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    start(page, lab, name, "print('shown')", "undefined_name")
    run(page)
    settle(page)
    edit_cell(page, 1)
    run(page)
    settle(page)
    edit_cell(page, 2)
    press_slowly(page, "zebra")
    page.wait_for_timeout(PAUSE)
    ran = states(bodies)[-1]["runs"]
    assert [one["order"] for one in ran] == [1, 2]
    assert ran[0]["output"] == "shown\n"
    assert ran[1]["error"] == "NameError: name 'undefined_name' is not defined"


def test_cells_that_an_error_stops_do_not_stop_the_page(
    page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]], asked: list[object]
) -> None:
    start(page, lab, name, "before = 1", "1 / 0", "after = 2")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').catch(() => 0)")
    settle(page)
    edit_cell(page, 3)
    press_slowly(page, "zebra")
    page.wait_for_timeout(PAUSE)
    state = states(bodies)[-1]
    assert [one["order"] for one in state["runs"]] == [1, 2]
    assert [variable["name"] for variable in state["snapshot"]["variables"]] == ["before"]
    assert len(asked) == 1


def test_switched_off_the_kernel_is_not_asked(
    page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]], asked: list[object], no_snapshot: None
) -> None:
    start(page, lab, name, FRAME)
    run(page)
    settle(page)
    edit_cell(page, 1)
    press_slowly(page, "zebra")
    page.wait_for_timeout(PAUSE)
    state = states(bodies)[-1]
    assert len(state["runs"]) == 1
    assert state["snapshot"] is None
    assert not asked


def test_a_restart_forgets(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    start(page, lab, name, FRAME)
    run(page)
    settle(page)
    edit_cell(page, 1)
    press_slowly(page, "ze")
    page.wait_for_timeout(PAUSE)
    assert bodies[-1].get("state")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    settle(page)
    del bodies[:]
    edit_cell(page, 1)
    press_slowly(page, "bra")
    page.wait_for_timeout(PAUSE)
    assert bodies
    assert all("state" not in body for body in bodies)


def test_a_page_that_comes_later_knows_the_order(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    start(page, lab, name, FRAME)
    run(page)
    settle(page)
    page.keyboard.press("Control+s")
    page.wait_for_timeout(PAUSE)
    open_notebook(page, lab, name)
    settle(page)
    del bodies[:]
    edit_cell(page, 1)
    press_slowly(page, "zebra")
    page.wait_for_timeout(PAUSE)
    state = states(bodies)[-1]
    assert [(one["order"], one.get("sha")) for one in state["runs"]] == [(1, None)]
    assert "scores" in [variable["name"] for variable in state["snapshot"]["variables"]]


def test_other_open_notebooks_are_told_once(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    other = name.replace(".ipynb", "-other.ipynb")
    write_notebook(lab.root / other, ["def measure_wing(bird):\n    return bird", "# Text", "measure_wing(1)"])
    open_notebook(page, lab, other)
    write_notebook(lab.root / name, ["x = 1", ""])
    page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', {path})", name)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)
    edit_cell(page, 1)
    press_slowly(page, "y = me")
    expect_beside = [body["beside"] for body in bodies if body.get("beside")]
    told = json.loads(expect_beside[0][0]["source"])
    assert told == {"path": other, "source": "def measure_wing(bird):\n    return bird\n\n# Text\n\nmeasure_wing(1)"}
    assert [len(beside) for beside in expect_beside] == [1] * len(expect_beside)
    page.wait_for_timeout(PAUSE)  # a request that the next key ends before it is answered proves nothing known
    del bodies[:]
    press_slowly(page, "x")  # not along the suggestion
    page.wait_for_timeout(PAUSE)
    again = [body["beside"] for body in bodies if body.get("beside")]
    assert again, "another request"
    assert "source" not in again[-1][0], "once is enough"
