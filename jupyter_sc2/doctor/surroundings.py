"""Environment variables that matter, without what is secret in them."""

from __future__ import annotations

import os
from collections.abc import Mapping

SHOWN = ("HF_HOME", "HF_HUB_CACHE", "CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
         "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "OMP_NUM_THREADS")  # fmt: skip
ADDRESSES = ("HF_ENDPOINT", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
LONGEST = 200


def environment(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Those that are set; addresses without user, password and query. HF_TOKEN is always there: `set` or `not set`."""
    found = {name: plain(variables[name]) for name in SHOWN if name in variables}
    for name in ADDRESSES:  # programs read both spellings of the proxies
        value = variables.get(name) or variables.get(name.lower())
        if value:
            found[name] = plain(address(value))
    found["HF_TOKEN"] = "set" if any(variables.get(name) for name in SECRETS) else "not set"
    return found


def address(text: str) -> str:
    """An address without what stands before the last `@`, which may be a password, and without its query."""
    scheme, separator, rest = text.partition("//")
    if not separator:
        scheme, rest = "", text
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"


def plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST]


def offline(variables: Mapping[str, str] = os.environ) -> bool:
    """As huggingface_hub reads HF_HUB_OFFLINE."""
    return any(
        variables.get(name, "").upper() in {"1", "ON", "YES", "TRUE"}
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )
