"""Requests to a server that answers by script."""

import threading
import time

import pytest

from jupyter_sc2_kernel import client
from jupyter_sc2_kernel.client import Request
from jupyter_sc2_kernel.errors import MagicError
from jupyter_sc2_kernel.server import Server

BODY = {"request_id": "r1"}
DONE = {"type": "done", "finish": "stop", "text": "x"}


def events(server):
    request = Request(Server(server.url, "hunter2"), "magic", BODY)
    try:
        return [event for event in request if event is not None]
    finally:
        request.close()


def test_events_in_order(scripted):
    scripted.lines = [{"type": "text", "text": "x"}, DONE]
    assert events(scripted) == scripted.lines
    assert scripted.asked == [("POST", "/sc2/magic", b'{"request_id": "r1"}', "token hunter2")]


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (403, b'{"type": "error", "code": "forbidden", "message": "No."}', "did not accept the token"),
        (302, b"", "did not accept the token"),
        (404, b"<html>", "has no jupyter-sc2"),
        (405, b"", "has no jupyter-sc2"),
        (503, b'{"type": "error", "code": "no_weights", "message": "No weights.", "hint": "Get some."}',
         "No weights. Get some."),
        (500, b"Traceback", "answered with an error (500)"),
    ],
)  # fmt: skip
def test_refusals(scripted, status, answer, sentence):
    scripted.status, scripted.answer = status, answer
    with pytest.raises(MagicError) as caught:
        events(scripted)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_error_in_the_middle(scripted):
    scripted.lines = [{"type": "error", "message": "It died.", "hint": ""}]
    with pytest.raises(MagicError, match=r"^It died\.$"):
        events(scripted)


@pytest.mark.parametrize("answer", [b"", b"data: {oops\n\n", b"\xff\xfe"])
def test_an_answer_that_breaks_off(scripted, answer):
    scripted.answer = answer
    with pytest.raises(MagicError, match="was lost"):
        events(scripted)


def test_nobody_there():
    begun = time.monotonic()
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1:9/"):
        with pytest.raises(MagicError, match="does not answer"):
            list(Request(Server(url, "hunter2"), "magic", BODY))
    assert time.monotonic() - begun < 3


def test_stop_lets_the_rest_come(scripted):
    scripted.hold = True
    request = Request(Server(scripted.url, "t"), "magic", BODY)
    assert next(iter(request)) is None
    request.stop()
    *_, done = request
    assert done["finish"] == "cancelled"
    assert scripted.asked[-1][:2] == ("DELETE", "/sc2/requests/r1")
    request.close()


def test_a_server_that_says_nothing_can_be_left(scripted):
    """Ticks come while the server thinks, so that an interrupt is noticed before its first word."""
    scripted.silent.set()
    request = Request(Server(scripted.url, "t"), "magic", BODY)
    assert [event for event, _ in zip(request, range(3), strict=False)] == [None] * 3
    request.close()
    scripted.deleted.set()


def test_closed_before_it_is_connected(scripted, monkeypatch):
    connecting, go = threading.Event(), threading.Event()

    def slow(server):
        connecting.set()
        go.wait(5)
        return connect(server)

    connect = client._connect
    monkeypatch.setattr(client, "_connect", slow)
    request = Request(Server(scripted.url, ""), "magic", BODY)
    connecting.wait(5)
    request.close()
    go.set()
    with pytest.raises(MagicError):
        list(request)
    assert scripted.asked == []
