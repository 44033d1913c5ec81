"""Ways to send a request to the server."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from tornado.httpclient import HTTPClientError
from wire import body, events_of


@pytest.fixture
def send(jp_fetch):
    """Sends any bytes or object to a route; returns `status`, `headers` and `text`, whatever the status."""

    async def fetch(content, *path, method="POST", **options):
        data = content if isinstance(content, bytes | str | None) else json.dumps(content)
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        options = {"allow_nonstandard_methods": True, "headers": headers, **options}
        try:
            response = await jp_fetch("sc2", *(path or ("complete",)), method=method, body=data, **options)
        except HTTPClientError as error:
            response = error.response
            if response is None:
                raise
        text = (response.body or b"").decode()
        return SimpleNamespace(status=response.code, headers=response.headers, text=text)

    return fetch


@pytest.fixture
def complete(send):
    """The events of a request that must succeed."""

    async def fetch(content=None, **options):
        response = await send(content or body(), **options)
        assert response.status == 200, response.text
        return events_of(response.text)

    return fetch


@pytest.fixture
def supervise(sc2_app, harness):
    """Gives the server an engine of the harness, by default with a scripted worker."""

    def replace(script=None, **changes):
        supervisor = harness.make(script, **changes)
        sc2_app.services.fleet = list
        for served in sc2_app.services.served.values():
            served.engine = supervisor
        return supervisor

    return replace


@pytest.fixture
def connect(http_server_client, jp_auth_header, jp_base_url):
    """A raw connection with a request written to it, for clients that go away or do not read."""
    writers = []

    async def open_connection(content, limit=65536, path="complete"):
        reader, writer = await asyncio.open_connection("127.0.0.1", http_server_client.get_http_port(), limit=limit)
        writers.append(writer)
        data = json.dumps(content).encode()
        head = [
            f"POST {jp_base_url}sc2/{path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(data)}",
            f"Authorization: {jp_auth_header['Authorization']}",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode() + data)
        return reader, writer

    yield open_connection
    for writer in writers:
        writer.close()
