"""Ghost text in the file editor and in Markdown cells, in a real JupyterLab with the built-in weights."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Page, Request, expect

from ui.browser import GHOST, IMPORTS, REST, START, edit_cell, ghost_text, open_notebook, press_slowly
from ui.lab import Lab

SOURCE = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.getSource()"
FOCUS = """() => {
    const { content } = window.jupyterapp.shell.currentWidget ?? {};
    content?.editor?.focus();
    return content?.editor?.hasFocus() ?? false;
}"""
PAUSE = 1500  # milliseconds: more than anything waits before it asks
MAX_BODY = 1 << 20


@pytest.fixture
def bodies(page: Page) -> list[dict[str, Any]]:
    """Every completion request from here on, and its size."""
    found: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.partition("?")[0].endswith("/sc2/complete"):
            body = request.post_data or "{}"
            found.append({**json.loads(body), "size": len(body.encode())})

    page.on("request", note)
    return found


@pytest.fixture
def put_settings(lab: Lab) -> Iterator[Callable[[dict[str, bool]], None]]:
    def put(settings: dict[str, bool]) -> None:
        url = f"{lab.url}/lab/api/settings/jupyter-sc2:completer"
        headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
        body = json.dumps({"raw": json.dumps(settings)}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=10).close()

    yield put
    put({})


@pytest.fixture
def file(name: str) -> str:
    return name.replace(".ipynb", ".py")


def open_file(page: Page, lab: Lab, path: str, text: str) -> None:
    """Writes `path` and opens it alone in the file editor, the cursor at its end."""
    whole = lab.root / path
    whole.parent.mkdir(exist_ok=True)
    whole.write_text(text, "utf-8")
    page.goto(f"{lab.url}/lab/tree/{path}?reset&token={lab.token}")
    page.locator(".jp-FileEditor:visible .cm-content").wait_for(timeout=60_000)
    page.wait_for_function(FOCUS, polling=100)
    page.keyboard.press("Control+End")


def source(page: Page) -> str:
    return str(page.evaluate(SOURCE))


def see(page: Page, text: str) -> None:
    expect(page.locator(GHOST)).to_contain_text(text, timeout=30_000)


def of_text(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Requests for text, without those that only read ahead."""
    return [body for body in bodies if body["options"]["max_new_tokens"]]


def test_type_see_take(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    open_file(page, lab, f"folder/{file}", IMPORTS + "\n\n")
    press_slowly(page, START)
    see(page, REST)
    assert source(page) == f"{IMPORTS}\n\n{START}", "ghost text is not part of the file"
    page.keyboard.press("Tab")
    assert source(page) == f"{IMPORTS}\n\n{START}{REST}"
    body = of_text(bodies)[-1]
    assert (body["is_file"], body["path"], body["language"]) == (True, f"folder/{file}", "python")
    assert [(cell["id"], cell["kind"]) for cell in body["cells"]] == [("file", "code")]
    assert body["cursor"]["cell_id"] == "file"
    typed = len(f"{IMPORTS}\n\n{START}")  # a suggestion may have served the last keys
    assert typed - len(START) <= body["cursor"]["offset"] <= typed
    assert "state" not in body


def test_typing_along_asks_nothing(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    open_file(page, lab, file, IMPORTS + "\n\n")
    press_slowly(page, START)
    see(page, REST)
    page.wait_for_timeout(PAUSE)  # all of it has come
    before = len(bodies)
    for typed in range(1, len(REST)):
        page.keyboard.press(REST[typed - 1])
        page.wait_for_timeout(100)
        assert ghost_text(page).startswith(REST[typed:])
    assert len(bodies) == before
    assert source(page) == f"{IMPORTS}\n\n{START}{REST[:-1]}"


def test_escape_clears(page: Page, lab: Lab, file: str) -> None:
    open_file(page, lab, file, IMPORTS + "\n\n")
    press_slowly(page, START)
    see(page, REST)
    page.keyboard.press("Escape")
    expect(page.locator(GHOST)).to_have_count(0)
    assert source(page) == f"{IMPORTS}\n\n{START}"


def test_asks_by_itself_after_enter(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    open_file(page, lab, file, IMPORTS + "\n\n")
    press_slowly(page, "for i in range(3):")
    page.keyboard.press("Enter")
    page.wait_for_timeout(PAUSE)
    assert source(page).endswith("for i in range(3):\n    ")
    assert of_text(bodies)[-1]["cursor"]["offset"] == len(source(page))


def test_reads_ahead_on_a_click(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    open_file(page, lab, file, IMPORTS)
    page.wait_for_timeout(PAUSE)
    assert not of_text(bodies)
    page.evaluate("() => document.activeElement.blur()")
    page.locator(".jp-FileEditor .cm-content").click()
    page.wait_for_timeout(PAUSE)
    assert [body["options"]["max_new_tokens"] for body in bodies] == [0]


@pytest.mark.parametrize(("ending", "language"), [("R", "r"), ("jl", "julia"), ("md", "markdown"), ("zig", "zig")])
def test_languages(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]], ending: str, language: str) -> None:
    open_file(page, lab, file.replace(".py", f".{ending}"), "first = 1\n")
    press_slowly(page, "second = ")
    page.wait_for_timeout(PAUSE)
    assert bodies[-1]["language"] == language
    assert bodies[-1]["is_file"]


def test_a_large_file(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    line = "a_rather_long_name = 1  # ☃ and 😀\n"
    open_file(page, lab, file, line * 30_000 + f"{IMPORTS}\n\n")
    whole = source(page)
    assert len(whole.encode()) > MAX_BODY
    press_slowly(page, START)
    see(page, REST)
    page.keyboard.press("Tab")
    assert source(page) == whole + START + REST
    body = of_text(bodies)[-1]
    assert max(body["size"] for body in bodies) < MAX_BODY
    sent = [cell["source"] for body in bodies for cell in body["cells"] if "source" in cell]
    assert all(text.startswith(line) for text in sent), "whole lines"
    assert body["cursor"]["offset"] == len(sent[-1])


def type_in_vain(page: Page, lab: Lab, file: str, bodies: list[dict[str, Any]]) -> None:
    open_file(page, lab, file, IMPORTS + "\n\n")
    press_slowly(page, START)
    page.wait_for_timeout(PAUSE)
    assert not bodies


def test_switched_off(
    page: Page,
    lab: Lab,
    file: str,
    bodies: list[dict[str, Any]],
    put_settings: Callable[[dict[str, bool]], None],
) -> None:
    put_settings({"fileEditor": False})
    type_in_vain(page, lab, file, bodies)
    assert not ghost_text(page)


def test_the_command_asks_when_typing_does_not(
    page: Page,
    lab: Lab,
    file: str,
    bodies: list[dict[str, Any]],
    put_settings: Callable[[dict[str, bool]], None],
) -> None:
    put_settings({"enabled": False})
    type_in_vain(page, lab, file, bodies)
    page.evaluate("() => window.jupyterapp.commands.execute('jupyter-sc2:suggest')")
    see(page, REST)


def edit_markdown(page: Page, lab: Lab, name: str) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(IMPORTS), nbformat.v4.new_markdown_cell("# Title")]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.root / name)
    open_notebook(page, lab, name)
    edit_cell(page, 1)
    press_slowly(page, "\n\nThe numbers are ")
    page.wait_for_timeout(PAUSE)


def test_a_markdown_cell_asks_nothing(page: Page, lab: Lab, name: str, bodies: list[dict[str, Any]]) -> None:
    edit_markdown(page, lab, name)
    assert not bodies
    edit_cell(page, 0)
    press_slowly(page, "\nzebra")
    page.wait_for_timeout(PAUSE)
    assert {(body["path"], body["is_file"]) for body in of_text(bodies)} == {(name, False)}


def test_a_markdown_cell_asks_where_wanted(
    page: Page,
    lab: Lab,
    name: str,
    bodies: list[dict[str, Any]],
    put_settings: Callable[[dict[str, bool]], None],
) -> None:
    put_settings({"markdownCells": True})
    edit_markdown(page, lab, name)
    body = of_text(bodies)[-1]
    assert [cell["kind"] for cell in body["cells"]] == ["code", "markdown"]
    assert body["cursor"]["cell_id"] == body["cells"][1]["id"]
    assert not body["is_file"]
