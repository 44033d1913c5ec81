"""What Jupyter's configuration says about us, read as a server reads it."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_core.application import JupyterApp
from msgspec import Struct

from jupyter_sc2.catalog import BUILT_IN

FILES = ("jupyter_server_config", "jupyter_sc2_config")  # the later one overrules


class Configured(Struct, frozen=True):
    """Traits of Sc2App, as far as they are set in files; what the command line of a server adds is not known here.

    `trouble`: why a file could not be read.
    """

    weights: str = BUILT_IN
    roles: dict[str, str] = {}
    interpreter: str = sys.executable
    precision: str = "auto"
    device: str = "auto"
    allowed_weights: list[str] = []
    licences_accepted_by: str = ""
    trouble: str = ""


def configured() -> Configured:
    found: dict[str, Any] = {}
    for name in FILES:
        reader = JupyterApp(log_level="CRITICAL", config_file_name=name, raise_config_file_errors=True)
        try:
            reader.load_config_file(suppress_errors=False)
        except Exception as error:  # the file is a program
            return Configured(trouble=f"{name}: {type(error).__name__}: {str(error)[:200]}")
        section = reader.config.get("Sc2App", {})
        found |= {field: section[field] for field in Configured.__struct_fields__ if field in section}
    return Configured(**{name: _plain(value) for name, value in found.items()})


def _plain(value: Any) -> Any:
    """Traitlets keeps what it has not checked yet in wrappers of its own."""
    if isinstance(value, dict):
        return {str(name): str(entry) for name, entry in value.items()}
    return [str(entry) for entry in value] if isinstance(value, list | tuple) else str(value)
