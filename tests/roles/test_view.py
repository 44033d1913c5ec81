"""The catalogue as a page sees it."""

import pytest

from jupyter_sc2.licences import Acceptances
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
