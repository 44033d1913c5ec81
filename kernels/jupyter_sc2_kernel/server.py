"""Which server this kernel belongs to.

In this order: `JUPYTER_SC2_URL` and `JUPYTER_SC2_TOKEN`; the runtime file of the server that started the kernel
(`JPY_PARENT_PID`), with JupyterHub's own token where the server has none; JupyterHub's variables alone.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_runtime_dir

from jupyter_sc2_kernel.errors import MagicError

NO_SERVER = (
    "No jupyter-sc2 server was found for this kernel. Open the notebook in a Jupyter that has jupyter-sc2, "
    "or set JUPYTER_SC2_URL and JUPYTER_SC2_TOKEN."
)


@dataclass(frozen=True)
class Server:
    """`url` ends in a slash. The token is never shown."""

    url: str
    token: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The address as a person may see it: no path, no user, no query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def find_server(environment: Mapping[str, str] = os.environ) -> Server:
    """Raises MagicError when there is none, or its address is of no use."""
    for found in (_named(environment), _parent(environment), _hub(environment)):
        if found is not None:
            if urlsplit(found.url).scheme not in ("http", "https") or not urlsplit(found.url).hostname:
                raise MagicError("The address of the jupyter-sc2 server must begin with http:// or https://.")
            return Server(found.url.rstrip("/") + "/", found.token)
    raise MagicError(NO_SERVER)


def _named(environment: Mapping[str, str]) -> Server | None:
    url = environment.get("JUPYTER_SC2_URL", "")
    return Server(url, environment.get("JUPYTER_SC2_TOKEN", "")) if url else None


def _parent(environment: Mapping[str, str]) -> Server | None:
    """The server that started this kernel writes its address and token to a file that only its user can read."""
    for process in _parents(environment):
        file = Path(jupyter_runtime_dir()) / f"jpserver-{process}.json"
        try:
            told = json.loads(file.read_text("utf-8"))
            return Server(told["url"], told.get("token") or environment.get("JUPYTERHUB_API_TOKEN", ""))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _parents(environment: Mapping[str, str]) -> Iterator[str | int]:
    """Windows hands down a handle, which names no process: there the ancestors are asked, as far as they are known."""
    if platform.system() != "Windows":
        yield environment.get("JPY_PARENT_PID", "")
        return
    with suppress(ImportError, OSError):
        import psutil  # comes with ipykernel

        yield from (parent.pid for parent in psutil.Process().parents())


def _hub(environment: Mapping[str, str]) -> Server | None:
    url, token = environment.get("JUPYTERHUB_SERVICE_URL", ""), environment.get("JUPYTERHUB_API_TOKEN", "")
    if not url or not token:
        return None
    host = urlsplit(url).hostname or ""
    # A server that listens everywhere is reached on this machine.
    return Server(url.replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]") if host else url, token)
