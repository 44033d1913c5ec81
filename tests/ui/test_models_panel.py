"""The panel of weights with the real server, a Hub on loopback behind the Hub's own client, and real workers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from hub import Hub
from playwright.sync_api import Browser, Page, expect

from jupyter_sc2.catalog import locate
from jupyter_sc2.catalog.known import known
from jupyter_sc2.licences import OPENRAIL_M, TERMS
from ui.browser import GHOST, IMPORTS, REST, START, change_theme, edit_cell, open_notebook, press_slowly, write_notebook
from ui.chat import open_chat
from ui.lab import Lab
from ui.models import (
    HERE,
    PANEL,
    accept_terms,
    dialog_of,
    entry_of,
    open_models,
    press,
    role_of,
    show_models,
    use_for,
)
from ui.smoke import complete
from ui.test_faults import worker_pids

BIGCODE, FREE = "bigcode/starcoder2-3b", "somebody/rambler"
SLOW = 400_000  # bytes a second: the download takes some ten seconds
ROLES = ("ghost", "magic", "chat")
TERMS_NOT_ACCEPTED = "The terms were not accepted. Nothing was downloaded or loaded."
SHOW_NOTEBOOK = "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"
FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"


def environment(hub: Hub, home: Path) -> dict[str, str]:
    """The Hub's client asks `hub`, whatever the machine's own settings are."""
    return {
        "HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "HF_TOKEN": "", "HF_HUB_OFFLINE": "0", "no_proxy": "*",
    }  # fmt: skip


@pytest.fixture(scope="module")
def hub_lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser, rambling_hub: Hub) -> Iterator[Lab]:
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    running = Lab(root, home, environment=environment(rambling_hub, home)).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def bounded_lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser, rambling_hub: Hub) -> Iterator[Lab]:
    """An administrator has set the chat's weights and little memory, and accepted the licence for everybody."""
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    options = ["roles=chat=built-in", "memory_budget_mib=700", "licences_accepted_by=Grace"]
    running = Lab(
        root, home, *(f"--Sc2App.{option}" for option in options), environment=environment(rambling_hub, home)
    ).start()
    yield running
    running.stop()


@pytest.fixture
def hub(hub_lab: Lab, rambling_hub: Hub) -> Hub:
    """The Hub without faults; nothing was downloaded, accepted or chosen before."""
    rambling_hub.reset()
    for role in ROLES:
        hub_lab.send("PUT", f"sc2/roles/{role}", {"weights": "built-in"})
    until(lambda: {choice["weights"] for choice in catalogue(hub_lab)["roles"]} == {"built-in"})
    for download in catalogue(hub_lab)["downloads"]:
        hub_lab.send("POST", "sc2/models/cancel", {"weights": download["weights"]})
    for entry in catalogue(hub_lab)["entries"]:
        if "/" in entry["weights"] and entry["presence"] == "complete":
            hub_lab.send("POST", "sc2/models/delete", {"weights": entry["weights"]})
    answer(hub_lab, accepted=False)
    rambling_hub.seen.clear()
    return rambling_hub


@pytest.fixture
def models(page: Page, hub_lab: Lab, hub: Hub) -> Page:
    open_models(page, hub_lab)
    return page


def catalogue(lab: Lab) -> dict:
    return lab.get("sc2/models")


def answer(lab: Lab, accepted: bool) -> None:
    lab.send("PUT", f"sc2/licences/{OPENRAIL_M}", {"accepted": accepted, "version": TERMS[OPENRAIL_M].version})


def fetch(lab: Lab, weights: str) -> None:
    """Downloads weights without the panel."""
    answer(lab, accepted=True)
    lab.send("POST", "sc2/models/download", {"weights": weights})
    until(lambda: any(e["weights"] == weights and e["presence"] == "complete" for e in catalogue(lab)["entries"]))


def until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def value_of(bar) -> int:
    return int(bar.get_attribute("aria-valuenow"))


def test_from_the_terms_to_ghost_text(models: Page, hub_lab: Lab, hub: Hub) -> None:
    entry, dialog = entry_of(models, BIGCODE), dialog_of(models)
    expect(entry).to_contain_text("Not downloaded.")
    press(entry, "Download")
    expect(dialog.get_by_role("link")).to_have_attribute("href", TERMS[OPENRAIL_M].url)
    expect(dialog.get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    expect(dialog.locator(".jp-sc2-terms-restrictions li")).to_have_count(len(TERMS[OPENRAIL_M].restrictions))
    expect(dialog.get_by_role("button", name="Accept")).to_be_disabled()
    press(dialog, "Refuse")
    expect(entry).to_contain_text(TERMS_NOT_ACCEPTED)
    press(entry, "Download")
    expect(dialog.locator(".jp-sc2-terms-text")).to_be_focused()
    models.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(entry).to_contain_text(TERMS_NOT_ACCEPTED)
    assert hub.seen == []

    hub.fault("model.safetensors", "slow", after=SLOW)
    press(entry, "Download")
    accept_terms(models)
    bar = entry.get_by_role("progressbar")
    expect(bar).not_to_have_attribute("aria-valuenow", "0", timeout=15_000)
    before = value_of(bar)
    until(lambda: value_of(bar) > before)
    assert re.match(r"\d+ [kM]B of \d+ MB \(\d+%\)", bar.get_attribute("aria-valuetext") or "")
    expect(models.locator(f"{PANEL} .jp-sc2-hidden")).to_contain_text("StarCoder2-3B")
    press(entry, "Pause")
    expect(entry).to_contain_text("Paused at")
    assert models.evaluate(FOCUSED) == "Resume the download of StarCoder2-3B"
    hub.faults.clear()
    press(entry, "Resume")
    expect(entry).to_contain_text(HERE, timeout=20_000)

    use_for(models, BIGCODE, "Ghost text")
    expect(role_of(models, "Ghost text")).to_contain_text("StarCoder2-3B ready", timeout=30_000)
    expect(models.locator(".jp-sc2-status")).to_contain_text("StarCoder2-3B: ready")
    expect(role_of(models, "Chat")).to_contain_text("Built-in")
    press(entry, "Delete")
    expect(entry).to_contain_text("In use: Ghost text. Choose other weights there first.")
    use_for(models, "built-in", "Ghost text")
    expect(role_of(models, "Ghost text")).to_contain_text("Built-in ready", timeout=30_000)
    expect(models.locator(".jp-sc2-status")).to_contain_text("StarCoder2 built-in")
    press(entry, "Delete")
    expect(dialog).to_contain_text(re.compile(r"frees \d+ MB"))
    press(dialog, "Delete")
    expect(entry).to_contain_text("Not downloaded.")
    until(lambda: not list(Path(hub_lab.home, "hf").rglob("*.safetensors")))


def test_terms_and_card_are_one_click_away(models: Page, hub_lab: Lab) -> None:
    fetch(hub_lab, BIGCODE)
    open_chat(models)
    for role in ("ghost", "chat"):
        hub_lab.send("PUT", f"sc2/roles/{role}", {"weights": BIGCODE})
    expect(models.locator(".jp-sc2-status")).to_contain_text("StarCoder2-3B: ready", timeout=30_000)
    expect(models.locator(".jp-sc2-chat header")).to_contain_text("StarCoder2-3B")
    models.locator(".jp-sc2-status-button").click()
    dialog = dialog_of(models)
    expect(dialog.get_by_role("link", name="Model card")).to_have_attribute("href", re.compile(BIGCODE))
    press(dialog, "Terms")
    expect(dialog).to_contain_text("Accepted by")
    dialog.locator("summary").click()
    expect(dialog.locator("pre")).to_have_text("The licence.\n")
    press(dialog, "Close")
    models.evaluate("() => window.jupyterapp.shell.currentWidget.close()")
    models.locator(".jp-sc2-chat").get_by_role("button", name="Choose weights").click()
    expect(models.get_by_role("heading", name="StarCoder2 models")).to_be_visible()
    models.evaluate("() => window.jupyterapp.shell.currentWidget.close()")
    models.locator(".jp-sc2-status-button").click()
    press(dialog, "Choose weights")
    expect(models.get_by_role("heading", name="StarCoder2 models")).to_be_visible()


def test_a_checkpoint_of_the_hub_by_its_name(models: Page, hub_lab: Lab, hub: Hub) -> None:
    """Refused by the Hub, tried again, cancelled, fetched; and what was typed meanwhile stays."""
    hub.gated.add(FREE)
    field = models.get_by_label("Hub id or folder")
    field.fill(FREE)
    field.press("Enter")
    entry = entry_of(models, FREE)
    expect(entry.get_by_role("alert").first).to_contain_text(FREE, timeout=15_000)
    hub.reset()
    hub.fault("model.safetensors", "slow", after=SLOW)
    minutes = models.get_by_label("Unload what was not used for")
    minutes.fill("7")
    press(entry, "Retry")
    expect(entry.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0", timeout=15_000)
    press(entry, "Cancel")
    press(dialog_of(models), "Cancel the download")
    expect(entry).to_have_count(0)
    assert not list(Path(hub_lab.home, "hf").rglob("*.incomplete"))
    hub.reset()
    expect(field).to_have_value(FREE)
    field.press("Enter")
    expect(entry).to_contain_text(HERE, timeout=20_000)
    expect(minutes).to_have_value("7")
    press(models.locator(PANEL), "Apply the minutes")
    until(lambda: catalogue(hub_lab)["idle_minutes"] == 7)


def test_weights_change_while_ghost_text_is_used(page: Page, hub_lab: Lab, hub: Hub, name: str) -> None:
    fetch(hub_lab, BIGCODE)
    write_notebook(hub_lab.root / name, [IMPORTS, ""])
    open_notebook(page, hub_lab, name)
    edit_cell(page, 1)
    press_slowly(page, START)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=30_000)
    (old,) = worker_pids(hub_lab)
    show_models(page)
    role = role_of(page, "Ghost text")
    role.get_by_label("Weights for Ghost text").select_option(BIGCODE)
    press(role, "Apply")
    until(lambda: set(worker_pids(hub_lab)) - {old})
    (new,) = set(worker_pids(hub_lab)) - {old}
    os.kill(new, signal.SIGSTOP)
    expect(role).to_contain_text("Built-in answers until StarCoder2-3B is ready (loading")
    expect(page.locator(".jp-sc2-status")).to_contain_text(
        re.compile(r"StarCoder2-3B: loading \d+% \(built-in answers\)")
    )
    page.evaluate(SHOW_NOTEBOOK, name)
    edit_cell(page, 1)
    page.keyboard.press("Control+a")
    press_slowly(page, START)
    expect(page.locator(GHOST)).to_contain_text(REST, timeout=20_000)
    os.kill(new, signal.SIGCONT)
    expect(page.locator(".jp-sc2-status")).to_contain_text("StarCoder2-3B: ready", timeout=30_000)
    assert complete(hub_lab, "x = ")[-1]["provenance"]["weights"] == BIGCODE


def test_what_an_administrator_has_set(page: Page, bounded_lab: Lab, rambling_hub: Hub, tmp_path: Path) -> None:
    rambling_hub.reset()
    open_models(page, bounded_lab)
    chat = role_of(page, "Chat")
    expect(chat).to_contain_text("Set by an administrator.")
    expect(chat.get_by_label("Weights for Chat")).to_be_disabled()
    press(entry_of(page, "built-in"), "Use for")
    expect(dialog_of(page).get_by_label("Chat")).to_be_disabled()
    press(dialog_of(page), "Cancel")
    entry = entry_of(page, BIGCODE)
    expect(entry.locator(".jp-sc2-models-warning")).to_contain_text("Does not fit")
    expect(entry.locator("[data-fits=true]")).to_have_count(0)
    press(entry, "Terms")
    expect(dialog_of(page)).to_contain_text("Accepted for everyone on this server by Grace")
    press(dialog_of(page), "Close")
    press(entry, "Download")  # the user may all the same, and is not asked again
    expect(entry).to_contain_text(HERE, timeout=20_000)

    large = tmp_path / "large"
    large.mkdir()
    shutil.copy(locate("built-in") / "tokenizer.json", large)
    config = {"model_type": "starcoder2", **config_of(BIGCODE)}
    (large / "config.json").write_text(json.dumps(config))
    page.get_by_label("Hub id or folder").fill(str(large))
    page.get_by_label("Hub id or folder").press("Enter")
    dialog_of(page).get_by_role("button", name="Use", exact=True).click()
    expect(page.locator(f"{PANEL} .jp-sc2-models-problem")).to_contain_text("memory")
    expect(role_of(page, "Ghost text")).to_contain_text("Built-in")


def config_of(weights: str) -> dict:
    found = known(weights)
    assert found is not None
    return {name: getattr(found.config, name) for name in found.config.__struct_fields__}


@pytest.mark.slow
def test_the_server_goes_away_and_returns(page: Page, bounded_lab: Lab) -> None:
    open_models(page, bounded_lab)
    button = entry_of(page, "built-in").get_by_role("button", name="Use for")
    page.get_by_label("Hub id or folder").fill("somebody/else")
    bounded_lab.stop()
    expect(page.locator(PANEL)).to_contain_text("The server does not answer.", timeout=20_000)
    expect(button).to_have_attribute("aria-disabled", "true")
    bounded_lab.start()
    expect(page.locator(PANEL)).not_to_contain_text("The server does not answer.", timeout=40_000)
    expect(button).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_label("Hub id or folder")).to_have_value("somebody/else")


def test_by_keyboard(models: Page, hub: Hub) -> None:
    entry, dialog = entry_of(models, BIGCODE), dialog_of(models)
    entry.get_by_role("button", name="Download").focus()
    models.keyboard.press("Enter")
    expect(dialog.locator(".jp-sc2-terms-text")).to_be_focused()
    models.keyboard.press("Enter")  # nothing is accepted by reading on
    expect(dialog.get_by_role("button", name="Accept")).to_be_disabled()
    for _ in range(2):
        models.keyboard.press("Tab")
    models.keyboard.press("Space")
    for _ in range(2):
        models.keyboard.press("Tab")
    models.keyboard.press("Enter")
    expect(entry).to_contain_text(HERE, timeout=20_000)
    assert models.evaluate(FOCUSED) == "Use for…: StarCoder2-3B"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_screen_reader_can_use_it(models: Page, hub_lab: Lab, hub: Hub, theme: str) -> None:
    change_theme(models, theme)
    fetch(hub_lab, FREE)
    hub.fault("model.safetensors", "slow", after=SLOW)
    press(entry_of(models, BIGCODE), "Download")
    expect(entry_of(models, BIGCODE).get_by_role("progressbar")).to_be_visible()
    press(entry_of(models, "built-in"), "Use for")
    violations = check(models, ".jp-sc2-dialog")
    press(dialog_of(models), "Cancel")
    press(entry_of(models, BIGCODE), "Terms")
    violations += check(models, ".jp-sc2-dialog")
    press(dialog_of(models), "Close")
    for summary in models.locator(f"{PANEL} summary").all():
        summary.click()
    violations += check(models, PANEL)
    change_theme(models, "JupyterLab Light")
    assert not violations


def check(page: Page, part: str) -> list:
    page.wait_for_timeout(500)
    found = Axe().run(page, context=part).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    return [(each["id"], each["nodes"][0]["html"], each["nodes"][0]["any"]) for each in serious]
