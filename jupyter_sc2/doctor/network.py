"""Whether weights can be fetched, as far as that shows without asking the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from jupyter_sc2.doctor.report import Check
from jupyter_sc2.doctor.surroundings import address, offline, plain


def network(variables: Mapping[str, str] = os.environ) -> list[Check]:
    checks = []
    endpoint = variables.get("HF_ENDPOINT", "")
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        text = f"HF_ENDPOINT is {plain(address(endpoint))}, which is no address of a server"
        checks.append(Check("downloads", "problem", text, "Set it to https://..., or unset it."))
    if offline(variables):
        text = "HF_HUB_OFFLINE is set: nothing is fetched"
        advice = "Unset it before Jupyter starts, or bring weights with `jupyter sc2 bundle`."
        checks.append(Check("downloads", "warn", text, advice))
    return checks or [Check("downloads", "ok", f"from {plain(address(endpoint or 'https://huggingface.co'))}")]
