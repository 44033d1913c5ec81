"""The licence of weights that are to be compared: it asks for the same answer here as in a server."""

from __future__ import annotations

from jupyter_sc2 import catalog


def check_licence(weights: str) -> None:
    """Raises Sc2Error 403 `licence_needed` for weights whose licence nobody accepted."""
    needed = catalog.licence_needed(weights)
    if needed:
        from jupyter_sc2.doctor.configured import configured
        from jupyter_sc2.downloads.kept import data_folder
        from jupyter_sc2.licences import Acceptances

        Acceptances(data_folder(), configured().licences_accepted_by).require(needed)
