"""The user's Jupyter servers that run now and have jupyter-sc2: what is changed in a terminal holds there at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Failure

LOOK_SECONDS, ASK_SECONDS = 3.0, 60.0
MAX_ANSWER_BYTES = 8 << 20
_OPENER = build_opener(ProxyHandler({}))  # they are on this machine


class Server(Struct, frozen=True):
    """`url` ends in a slash. The token is never shown."""

    url: str
    token: str

    @property
    def shown(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port}"

    def ask(self, method: str, path: str, body: Struct | None = None, seconds: float = ASK_SECONDS) -> Any:
        """The answer's JSON, None without one. Raises Sc2Error: what the server refused, or `no_server`."""
        data = None if body is None else msgspec.json.encode(body)
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=seconds) as answer:
                content = answer.read(MAX_ANSWER_BYTES)
                return json.loads(content) if content else None
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, OSError, ValueError):
            raise Sc2Error("no_server", f"The Jupyter server at {self.shown} does not answer.", status=503) from None


def running() -> Iterator[Server]:
    """Those that answer; others, and those without jupyter-sc2, are left out."""
    from jupyter_server.serverapp import list_running_servers

    for told in list_running_servers():
        with suppress(Sc2Error, KeyError):
            server = Server(str(told["url"]).rstrip("/") + "/", str(told.get("token", "")))
            server.ask("GET", "sc2/status", seconds=LOOK_SECONDS)
            yield server


def _refusal(error: HTTPError) -> Sc2Error:
    try:
        told = msgspec.json.decode(error.read(MAX_ANSWER_BYTES), type=Failure)
    except (msgspec.DecodeError, OSError):
        return Sc2Error("no_server", f"The Jupyter server answers with status {error.code}.", status=503)
    return Sc2Error(told.code, told.message, told.hint, error.code)
