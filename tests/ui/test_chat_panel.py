"""The chat sidebar with the real server and the built-in weights."""

from __future__ import annotations

import os
import signal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ui.browser import (
    GHOST,
    IMPORTS,
    REST,
    START,
    active_source,
    change_theme,
    edit_cell,
    open_notebook,
    press_slowly,
    write_notebook,
)
from ui.chat import CHAT_ROUTE, ENDING, PANEL, REPLY, answered, ask, open_chat, write_conversation
from ui.lab import Lab
from ui.test_faults import worker_pids

QUESTION = "Write a function that returns the shortest word of a sentence."
KEEP_BUSY = """() => {
    const { serverSettings } = window.jupyterapp.serviceManager;
    const xsrf = document.cookie.match(/_xsrf=([^;]*)/)[1];
    const post = (route, body) => fetch(serverSettings.baseUrl + 'sc2/' + route, {
        method: 'POST', headers: {'X-XSRFToken': xsrf, 'Content-Type': 'application/json'}, body: JSON.stringify(body)
    });
    window.sc2Busy = true;
    window.sc2Asked = 0;
    const keepAsking = async name => {
        for (let seq = 0; window.sc2Busy; seq++) {
            window.sc2Asked++;
            await (await post('magic', {
                protocol: 1, request_id: crypto.randomUUID(), client_id: name, editor_id: name, seq,
                request: 'Write everything', options: {max_new_tokens: 1024, temperature: 1.5}
            })).text();
        }
    };
    for (const name of ['a', 'b', 'c', 'd']) void keepAsking(name);
}"""
SOURCES = """() => [...window.jupyterapp.shell.currentWidget.model.cells].map(cell => cell.sharedModel.getSource())"""


@pytest.fixture
def ready(page: Page, lab: Lab, name: str) -> Page:
    write_notebook(lab.root / name, [IMPORTS, ""])
    open_notebook(page, lab, name)
    open_chat(page)
    return page


@pytest.fixture
def rambling(page: Page, slow_lab: Lab, name: str) -> Page:
    """As `ready`, where an answer takes some seconds."""
    write_notebook(slow_lab.root / name, [IMPORTS, ""])
    open_notebook(page, slow_lab, name)
    open_chat(page, "rambler")
    return page


def test_ask_stream_insert_and_find_it_again(ready: Page, lab: Lab, name: str) -> None:
    expect(ready.locator(PANEL)).to_contain_text("Base model: best at code, not conversation")
    ask(ready, QUESTION)
    answered(ready)
    expect(ready.locator(".jp-sc2-chat-question")).to_contain_text(QUESTION)
    code = ready.locator(f"{REPLY} code").inner_text()
    assert code.strip()
    expect(ready.locator(f"{REPLY} code span[class]")).not_to_have_count(0)  # coloured
    ready.get_by_role("button", name="Insert below the active cell").click()
    assert ready.evaluate(SOURCES) == [IMPORTS, code, ""]
    cell = "window.jupyterapp.shell.currentWidget.content.activeCell.model"
    assert ready.evaluate(f"() => {cell}.sharedModel.getMetadata('jupyter_sc2').weights") == "built-in"
    assert ready.evaluate(f"() => {cell}.executionCount") is None
    ready.evaluate("() => window.jupyterapp.commands.execute('notebook:undo-cell-action')")
    assert ready.evaluate(SOURCES) == [IMPORTS, ""]
    open_notebook(ready, lab, name)
    open_chat(ready)
    expect(ready.locator(".jp-sc2-chat-question")).to_contain_text(QUESTION)
    expect(ready.locator(f"{REPLY} code")).to_have_text(code)


def test_insert_above_and_replace_are_undone_in_one_step(ready: Page) -> None:
    ask(ready, QUESTION)
    answered(ready)
    code = ready.locator(f"{REPLY} code").inner_text()
    ready.get_by_role("button", name="Insert above the active cell").click()
    assert ready.evaluate(SOURCES) == [code, IMPORTS, ""]
    edit_cell(ready, 1)
    ready.get_by_role("button", name="Replace the selection or the active cell").click()
    assert ready.evaluate(SOURCES) == [code, code, ""]
    edit_cell(ready, 1)
    ready.keyboard.press("Control+z")
    assert ready.evaluate(SOURCES) == [code, IMPORTS, ""]


def test_the_context_is_seen_and_can_be_taken_away(ready: Page) -> None:
    panel = ready.locator(PANEL)
    chip = panel.locator(".jp-sc2-chat-piece")
    expect(chip).to_have_text("Cell 1")
    edit_cell(ready, 0)
    ready.keyboard.press("Shift+Home")
    expect(chip).to_have_text("Selection in cell 1, 1 line")
    open_chat(ready)
    ask(ready, "What is it for?")
    answered(ready)
    shown = panel.locator(".jp-sc2-chat-shown-piece")
    shown.locator("summary").click()
    expect(shown).to_contain_text("import matplotlib.pyplot as plt")
    panel.get_by_role("button", name="Do not show").click()
    expect(chip).to_have_count(0)
    ask(ready, "Import numpy")
    answered(ready, 2)
    expect(shown).to_have_count(1)
    edit_cell(ready, 1)
    press_slowly(ready, "x = 1")
    expect(chip).to_have_text("Cell 2")


def test_stop_keeps_what_there_is(rambling: Page) -> None:
    ask(rambling, "Write everything")
    expect(rambling.locator(f"{REPLY}[aria-busy] code")).not_to_be_empty(timeout=30_000)
    rambling.locator(PANEL).get_by_role("button", name="Stop").click()
    answered(rambling)
    expect(rambling.locator(ENDING)).to_contain_text("Stopped.")
    expect(rambling.locator(PANEL).get_by_role("button", name="Send")).to_be_visible()
    ask(rambling, "Write more")
    expect(rambling.locator(f"{REPLY}[aria-busy] code")).not_to_be_empty(timeout=30_000)
    rambling.keyboard.press("Escape")
    answered(rambling, 2)


def test_ghost_text_goes_on_while_a_reply_is_written(rambling: Page) -> None:
    ask(rambling, "Write everything")
    growing = rambling.locator(f"{REPLY}[aria-busy] code")
    expect(growing).not_to_be_empty(timeout=30_000)
    edit_cell(rambling, 1)
    press_slowly(rambling, START, delay=10)
    expect(rambling.locator(GHOST)).to_contain_text(REST, timeout=20_000)
    rambling.keyboard.press("Tab")
    assert active_source(rambling) == START + REST


def test_ghost_text_goes_before_chat_in_one_engine(ready: Page) -> None:
    """The built-in weights have both roles: requests of the chat fill the engine, and a keystroke passes them."""
    ready.evaluate(KEEP_BUSY)
    edit_cell(ready, 1)
    press_slowly(ready, START, delay=10)
    expect(ready.locator(GHOST)).to_contain_text(REST, timeout=20_000)
    asked = ready.evaluate("() => { window.sc2Busy = false; return window.sc2Asked; }")
    assert asked >= 4


def test_a_conversation_belongs_to_its_notebook(ready: Page, lab: Lab, name: str) -> None:
    ask(ready, QUESTION)
    answered(ready)
    write_notebook(lab.root / f"other-{name}", ["x = 1"])
    rename = """async ([old, path]) => {
        await window.jupyterapp.serviceManager.contents.rename(old, path);
    }"""
    ready.evaluate(rename, [name, f"renamed-{name}"])
    open_notebook(ready, lab, f"other-{name}")
    open_chat(ready)
    expect(ready.locator(".jp-sc2-chat-hint")).to_be_visible()
    open_notebook(ready, lab, f"renamed-{name}")
    open_chat(ready)
    expect(ready.locator(".jp-sc2-chat-question")).to_contain_text(QUESTION)


def test_the_engine_dies_under_a_reply(rambling: Page, slow_lab: Lab) -> None:
    ask(rambling, "Write everything")
    expect(rambling.locator(f"{REPLY}[aria-busy] code")).not_to_be_empty(timeout=30_000)
    for pid in worker_pids(slow_lab):
        os.kill(pid, signal.SIGKILL)
    expect(rambling.locator(".jp-sc2-chat-error")).to_contain_text("The engine's worker ended", timeout=10_000)
    expect(rambling.locator(f"{REPLY} code")).not_to_be_empty()
    expect(rambling.locator(PANEL).get_by_role("button", name="Send")).to_be_visible()


def test_a_refused_question_is_not_lost(ready: Page) -> None:
    failure = '{"type": "error", "code": "busy", "message": "4 running, 32 waiting.", "hint": "", "request_id": ""}'
    ready.route(CHAT_ROUTE, lambda route: route.fulfill(status=429, content_type="application/json", body=failure))
    ask(ready, QUESTION)
    expect(ready.locator(PANEL)).to_contain_text("4 running, 32 waiting.")
    expect(ready.locator(PANEL).get_by_role("textbox")).to_have_value(QUESTION)
    ready.unroute(CHAT_ROUTE)
    ready.locator(PANEL).get_by_role("textbox").press("Enter")
    answered(ready)
    expect(ready.locator(PANEL).get_by_role("textbox")).to_have_value("")


def test_a_new_notebook_of_an_old_name_starts_anew(ready: Page, lab: Lab, name: str) -> None:
    ask(ready, QUESTION)
    answered(ready)
    ready.evaluate(
        """async path => {
            await window.jupyterapp.shell.currentWidget.context.save();
            window.jupyterapp.shell.currentWidget.dispose();
            await window.jupyterapp.serviceManager.contents.delete(path);
        }""",
        name,
    )
    write_notebook(lab.root / name, ["x = 1"])
    ready.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', {path})", name)
    expect(ready.locator(".jp-sc2-chat-hint")).to_be_visible(timeout=15_000)
    expect(ready.locator(".jp-sc2-chat-question")).to_have_count(0)


def test_delete_asks_first(ready: Page, lab: Lab, name: str) -> None:
    ask(ready, QUESTION)
    answered(ready)
    for button, left in (("Cancel", 1), ("Delete", 0)):
        ready.get_by_role("button", name="Delete this conversation").click()
        ready.get_by_role("dialog").get_by_role("button", name=button).click()
        expect(ready.locator(".jp-sc2-chat-question")).to_have_count(left)
    open_notebook(ready, lab, name)
    open_chat(ready)
    expect(ready.locator(".jp-sc2-chat-hint")).to_be_visible()


def test_a_thousand_messages(page: Page, lab: Lab, name: str) -> None:
    write_notebook(lab.root / name, [""])
    texts = [f"question {i}" if i % 2 == 0 else f"```python\nx = {i}\n```" for i in range(1000)]
    write_conversation(lab, name, texts)
    open_notebook(page, lab, name)
    open_chat(page)
    expect(page.locator(REPLY).last).to_contain_text("x = 999")
    expect(page.locator(REPLY).last).to_be_in_viewport()
    page.get_by_role("button", name="Show earlier messages (950 more)").click()
    expect(page.locator(".jp-sc2-chat-question")).to_have_count(50)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_screen_reader_can_use_it(page: Page, lab: Lab, name: str, theme: str) -> None:
    write_notebook(lab.root / name, [IMPORTS])
    reply = (
        "# Title\n\nSome *words*, `code`, [a link](https://example.org), $x^2$.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    write_conversation(lab, name, ["Explain", reply, "Write code", "```python\nimport numpy as np\n```"])
    open_notebook(page, lab, name)
    change_theme(page, theme)
    open_chat(page)
    expect(page.locator(REPLY)).to_have_count(2)
    page.wait_for_timeout(1000)
    found = Axe().run(page, context=PANEL)
    change_theme(page, "JupyterLab Light")
    serious = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    assert not serious, [(each["id"], each["nodes"][0]["html"], each["nodes"][0]["any"]) for each in serious]
