"""One request to the server, and its events as they come. Standard library only."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from jupyter_sc2_kernel.errors import MagicError
from jupyter_sc2_kernel.server import Server

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 30.0  # the server sends a heartbeat every 10 s
TICK_SECONDS = 0.1  # how often the main thread looks up, so that an interrupt arrives on every system
MAX_LINE = 1 << 22  # bytes
NO_ANSWER = "The Jupyter server at {} does not answer."
REFUSED = "The Jupyter server at {} did not accept the token of this kernel."
OLD_SERVER = "The Jupyter server at {} has no jupyter-sc2, or an older one. Install it there and restart the server."

Event = dict[str, Any]


class Request:
    """A request that is under way. Iterate over its events; None comes in between, so that one can look around."""

    def __init__(self, server: Server, route: str, body: Event) -> None:
        self.server, self.request_id = server, str(body["request_id"])
        self._events: queue.SimpleQueue[Event | MagicError] = queue.SimpleQueue()
        self._socket: socket.socket | None = None
        self._closed = False
        threading.Thread(target=self._run, args=(route, body), daemon=True).start()

    def __iter__(self) -> Iterator[Event | None]:
        """Ends with the event `done`. Raises MagicError when the server refuses the request or fails."""
        while True:
            try:
                event = self._events.get(timeout=TICK_SECONDS)
            except queue.Empty:
                yield None
                continue
            if isinstance(event, MagicError):
                raise event
            if event["type"] == "error":
                raise MagicError(_sentence(event))
            yield event
            if event["type"] == "done":
                return

    def stop(self) -> None:
        """Asks the server to end the generation, and does not wait. What there is of it still comes, then `done`."""
        threading.Thread(target=self._delete, daemon=True).start()

    def _delete(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, MagicError):
            connection = _connect(self.server)
            _send(connection, self.server, "DELETE", f"requests/{self.request_id}", None).read()
            connection.close()

    def close(self) -> None:
        """Ends the connection, which cancels what still runs."""
        self._closed = True  # also where there is no socket yet
        with contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)  # the thread that reads from it ends, and closes it

    def _run(self, route: str, body: Event) -> None:
        """In a thread of its own, so that the main thread can be interrupted whatever the server does."""
        lost = MagicError(f"The connection to the Jupyter server at {self.server.shown} was lost.")
        try:
            connection = _connect(self.server)
            self._socket = connection.sock
            if self._closed:
                connection.close()
                raise lost
            response = _send(connection, self.server, "POST", route, body)
            if response.status != 200:
                raise _refusal(response, self.server)
            while line := response.readline(MAX_LINE):
                if line.startswith(b"data:"):
                    self._events.put(json.loads(line[5:]))
        except MagicError as error:
            self._events.put(error)
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # closed under our hands, or no answer of ours
        self._events.put(lost)


def _connect(server: Server) -> http.client.HTTPConnection:
    """Raises MagicError when nobody is there."""
    parts = urlsplit(server.url)
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        if host in ("localhost", "127.0.0.1", "::1"):  # a certificate for this machine's own address is self-made
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, parts.port, timeout=CONNECT_SECONDS, context=context)
    try:
        connection.connect()
    except (OSError, UnicodeError):
        raise MagicError(NO_ANSWER.format(server.shown)) from None
    connection.sock.settimeout(SILENCE_SECONDS)
    return connection


def _send(
    connection: http.client.HTTPConnection, server: Server, method: str, route: str, body: Event | None
) -> http.client.HTTPResponse:
    path = f"{urlsplit(server.url).path}sc2/{route}"
    headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
    try:
        connection.request(
            method,
            path,
            None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            headers,
        )
        return connection.getresponse()
    except (OSError, http.client.HTTPException):
        connection.close()
        raise MagicError(NO_ANSWER.format(server.shown)) from None


def _refusal(response: http.client.HTTPResponse, server: Server) -> MagicError:
    try:
        told = json.loads(response.read(MAX_LINE))
    except (OSError, ValueError, http.client.HTTPException):
        told = None
    response.close()
    if response.status in (301, 302, 401, 403):
        return MagicError(REFUSED.format(server.shown))
    if isinstance(told, dict) and told.get("type") == "error":
        return MagicError(_sentence(told))
    if response.status in (404, 405):
        return MagicError(OLD_SERVER.format(server.shown))
    return MagicError(f"The Jupyter server at {server.shown} answered with an error ({response.status}).")


def _sentence(failure: Event) -> str:
    return " ".join(str(failure[name]) for name in ("message", "hint") if failure.get(name))
