"""The promises of ghost text, in a real JupyterLab with the built-in weights."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, Request, expect

from ui.browser import (
    GHOST,
    IMPORTS,
    REST,
    START,
    active_source,
    edit_cell,
    ghost_text,
    open_notebook,
    press_slowly,
    write_notebook,
)
from ui.lab import Lab

# Answers the page with `sc2Answer`, [text, kept], and a pause between both; the engine cannot be told what to say.
ANSWERS = """(() => {
    const { fetch } = window;
    const event = data => new TextEncoder().encode(`data: ${JSON.stringify(data)}\\n\\n`);
    window.fetch = (...request) => {
        if (!window.sc2Answer || !new Request(...request).url.includes('/sc2/complete')) {
            return fetch(...request);
        }
        const [text, kept] = window.sc2Answer;
        return Promise.resolve(new Response(new ReadableStream({
            async start(stream) {
                stream.enqueue(event({ type: 'text', text }));
                await new Promise(done => setTimeout(done, 1000));
                stream.enqueue(event({ type: 'done', finish: 'stop', text: kept }));
                stream.close();
            }
        })));
    };
})()"""


@pytest.fixture
def ready(page: Page, lab: Lab, name: str) -> Page:
    """A notebook with imports and an empty last cell, the cursor in it."""
    write_notebook(lab.root / name, [IMPORTS, ""])
    open_notebook(page, lab, name)
    edit_cell(page, 1)
    return page


def test_type_see_take_run(ready: Page, lab: Lab, name: str) -> None:
    press_slowly(ready, START)
    expect(ready.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    assert active_source(ready) == START, "ghost text is not part of the notebook"
    ready.keyboard.press("Tab")
    assert active_source(ready) == START + REST
    ready.keyboard.press("Control+a")
    ready.keyboard.type("print(6 * 7)")
    ready.keyboard.press("Shift+Enter")
    expect(ready.locator(".jp-OutputArea-output").last).to_have_text("42\n", timeout=30_000)


def test_escape_dismisses(ready: Page) -> None:
    press_slowly(ready, START)
    expect(ready.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    ready.keyboard.press("Escape")
    expect(ready.locator(GHOST)).to_have_count(0)
    assert active_source(ready) == START


@pytest.fixture
def answered(page: Page, request: pytest.FixtureRequest) -> Page:
    page.add_init_script(ANSWERS)
    ready: Page = request.getfixturevalue("ready")
    return ready


def test_the_end_may_keep_less(answered: Page) -> None:
    answered.evaluate("() => { window.sc2Answer = ['1, 2)))', '1, 2)']; }")
    press_slowly(answered, "x = f(")
    expect(answered.locator(GHOST)).to_contain_text("1, 2)))")
    expect(answered.locator(GHOST)).to_have_text("1, 2)")
    answered.keyboard.press("Tab")
    assert active_source(answered) == "x = f(1, 2)"


def test_what_makes_no_sense_is_withdrawn(answered: Page) -> None:
    answered.evaluate("() => { window.sc2Answer = ['= = 2', '']; }")
    press_slowly(answered, "x ")
    expect(answered.locator(GHOST)).to_contain_text("= = 2")
    expect(answered.locator(GHOST)).not_to_contain_text("=")
    answered.keyboard.press("Tab")
    assert active_source(answered).rstrip() == "x", "Tab indents again"
    answered.keyboard.type("= 3")
    assert active_source(answered).split() == ["x", "=", "3"]


def test_typing_along_is_not_garbled(ready: Page) -> None:
    """JupyterLab writes a streamed suggestion back in full over what was typed through; we must not let it."""
    press_slowly(ready, "import matplotlib.pypl")
    for character in "ot as plt":
        ready.keyboard.press(character if character != " " else "Space")
        ready.wait_for_timeout(30)
        whole = active_source(ready) + ghost_text(ready)
        assert "import matplotlib.pyplot as plt".startswith(whole[:31]), whole
    expect(ready.locator(".cm-content").nth(1)).to_contain_text("import matplotlib.pyplot as plt")
    assert active_source(ready) == "import matplotlib.pyplot as plt"


def test_asks_by_itself_after_enter(ready: Page) -> None:
    """JupyterLab never asks on a blank line; after Enter we do."""
    press_slowly(ready, "for i in range(3):")
    entered = len("for i in range(3):\n    ")

    def is_asked_after_enter(request: Request) -> bool:
        return "/sc2/complete" in request.url and json.loads(request.post_data or "{}")["cursor"]["offset"] == entered

    with ready.expect_request(is_asked_after_enter):
        ready.keyboard.press("Enter")
    assert active_source(ready) == "for i in range(3):\n    "


def test_a_keystroke_sends_little_and_only_here(ready: Page, lab: Lab) -> None:
    press_slowly(ready, "import ")
    expect(ready.locator(GHOST)).not_to_have_count(0, timeout=30_000)
    requests: list[Request] = []
    ready.context.on("request", lambda request: requests.append(request))
    press_slowly(ready, "zebra_counts as z")  # what no suggestion holds, so it is asked for
    ready.wait_for_timeout(1500)
    bodies = [request.post_data or "" for request in requests if "/sc2/complete" in request.url]
    assert bodies
    for body in map(json.loads, bodies):
        assert all(cell.get("source") is None for cell in body["cells"][:-1]), "known cells travel as hashes"
    assert max(map(len, bodies)) < 16_384
    assert {request.url.split("/")[2] for request in requests} == {f"127.0.0.1:{lab.port}"}


def test_emoji_before_the_cursor(ready: Page) -> None:
    """JavaScript counts an emoji as two, the server as one."""
    ready.keyboard.insert_text("mark = '😀😀'\n")
    press_slowly(ready, START)
    expect(ready.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    ready.keyboard.press("Tab")
    assert active_source(ready) == "mark = '😀😀'\n" + START + REST


def test_two_notebooks_side_by_side(page: Page, lab: Lab, name: str) -> None:
    for side in ("left", "right"):
        write_notebook(lab.root / f"{side}-{name}", [IMPORTS, ""])
    open_notebook(page, lab, f"left-{name}")
    page.evaluate(
        """async path => {
            const app = window.jupyterapp;
            await app.commands.execute('docmanager:open', {path, options: {mode: 'split-right'}});
        }""",
        f"right-{name}",
    )
    panels = page.locator(".jp-NotebookPanel:visible")
    expect(panels).to_have_count(2)
    for index in (0, 1, 0):
        editor = panels.nth(index).locator(".jp-Cell .cm-content").nth(1)
        editor.click()
        page.keyboard.press("Control+a")
        press_slowly(page, START)
        expect(editor.locator(GHOST)).to_contain_text(REST, timeout=30_000)
        expect(panels.nth(1 - index).locator(GHOST)).to_have_count(0)
        page.keyboard.press("Tab")
        assert active_source(page) == START + REST


def test_switched_off_it_stays_silent(ready: Page) -> None:
    ready.evaluate("() => window.jupyterapp.commands.execute('jupyter-sc2:toggle-ghost-text')")
    ready.wait_for_timeout(500)
    asked: list[str] = []
    ready.context.on("request", lambda request: asked.append(request.url) if "/sc2/complete" in request.url else None)
    press_slowly(ready, START)
    ready.wait_for_timeout(1000)
    assert not asked
    ready.evaluate("() => window.jupyterapp.commands.execute('jupyter-sc2:toggle-ghost-text')")
    ready.wait_for_timeout(500)


def test_the_file_holds_only_what_was_typed(ready: Page, lab: Lab, name: str) -> None:
    before = nbformat.read(lab.root / name, as_version=4)
    press_slowly(ready, START)
    expect(ready.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    ready.keyboard.press("Control+s")
    expect(ready.locator(".jp-NotebookPanel:visible .jp-mod-dirty")).to_have_count(0)
    ready.wait_for_timeout(500)
    after = nbformat.read(Path(lab.root / name), as_version=4)
    before.cells[1].source = START
    assert [dict(cell) for cell in after.cells] == [dict(cell) for cell in before.cells]
