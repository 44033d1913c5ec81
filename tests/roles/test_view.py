"""The catalogue as a page sees it."""

import shutil

import pytest

from jupyter_sc2.downloads import kept, records
from jupyter_sc2.licences import OPENRAIL_M, Acceptances
from jupyter_sc2.messages import RoleChoice
from jupyter_sc2.roles.policy import Policy
from jupyter_sc2.roles.view import View


@pytest.mark.parametrize(("budget", "fitting"), [(1 << 20, set()), (700 << 20, {"built-in"})])
def test_a_budget_bounds_what_fits(tmp_path, budget, fitting):
    roles = [RoleChoice("ghost", "built-in", "", "auto", "auto", 4096, False)]
    found = View(Policy(), Acceptances(tmp_path)).catalogue(roles, [], budget_bytes=budget)
    assert {entry.weights for entry in found.entries if any(need.fits for need in entry.memory)} == fitting
    assert all(entry.verdict.startswith("Does not fit") for entry in found.entries if entry.weights not in fitting)
    assert found.machine.memory_free_bytes > budget == found.memory_budget_bytes


def test_a_folder_that_cannot_be_looked_into_is_listed_by_its_name(tmp_path):
    """Configured by hand, or on a disk that is gone: the other weights are shown nevertheless."""
    broken = "/" + "x" * 300
    found = View(Policy(allowed=("built-in", broken, "~nobody-at-all/x")), Acceptances(tmp_path)).catalogue([], [])
    entries = {entry.weights: entry for entry in found.entries}
    assert list(entries) == ["built-in", broken, "~nobody-at-all/x"]
    assert (entries[broken].presence, entries["~nobody-at-all/x"].presence) == ("absent", "absent")
    assert "x" * 300 in entries[broken].verdict


def test_the_terms_are_shown_when_downloaded_files_are_gone(tmp_path):
    """As after `hf cache rm`, which knows nothing of our records."""
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "LICENSE").write_text("The text.")
    weights = "bigcode/starcoder2-3b"
    files = {"config.json": records.Kept("0" * 64, 10, "1" * 40)}
    kept.write(records.path_of(weights), records.Record(weights, "2" * 40, str(folder), files, "LICENSE", "2026-01-01"))
    view = View(Policy(), Acceptances(tmp_path))
    assert view.licence(OPENRAIL_M).text == "The text."
    shutil.rmtree(folder)
    assert view.licence(OPENRAIL_M).text == ""
