"""What a person does in the panel of weights, in words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from ui.lab import Lab

PANEL = ".jp-sc2-models"
HERE = "On this machine, complete."


def open_models(page: Page, lab: Lab) -> Locator:
    """The panel alone in JupyterLab."""
    page.goto(f"{lab.url}/lab?reset&token={lab.token}")
    page.locator(".jp-Launcher").first.wait_for(timeout=60_000)
    return show_models(page)


def show_models(page: Page) -> Locator:
    """The panel in front, as the command palette shows it."""
    page.evaluate("() => window.jupyterapp.commands.execute('jupyter-sc2:models')")
    expect(page.locator(f"{PANEL} article").first).to_be_visible(timeout=15_000)
    return page.locator(PANEL)


def entry_of(page: Page, weights: str) -> Locator:
    return page.locator(f"{PANEL} [data-weights='{weights}']")


def role_of(page: Page, role: str) -> Locator:
    return page.get_by_role("article", name=role, exact=True)


def press(where: Locator, name: str) -> None:
    """A button by the beginning of its name: more may follow for those who do not see where it is."""
    where.get_by_role("button", name=name).first.click()


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def accept_terms(page: Page) -> None:
    dialog = dialog_of(page)
    dialog.get_by_role("checkbox").check()
    press(dialog, "Accept")


def use_for(page: Page, weights: str, *roles: str) -> None:
    """Uses weights that are here for these roles and no others."""
    press(entry_of(page, weights), "Use for")
    dialog = dialog_of(page)
    for name in ("Ghost text", "%%starcoder", "Chat"):
        box = dialog.get_by_label(name)
        if box.is_enabled():
            box.set_checked(name in roles)
    dialog.get_by_role("button", name="Use", exact=True).click()
