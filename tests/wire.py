"""Requests as the page makes them, and readers of what comes back."""

import asyncio
import copy
import hashlib
import json

FAILURE_FIELDS = {"type", "code", "message", "hint", "request_id"}


def cell(source, name="cell-1", kind="code", *, with_source=True):
    sent = {"id": name, "kind": kind, "sha": hashlib.sha256(source.encode()).hexdigest()}
    return {**sent, "source": source} if with_source else sent


def body(source="import numpy as np\nx = np.", offset=None, **changes):
    """A valid request with the cursor at the end of one code cell; `changes` replace its fields."""
    valid = {
        "protocol": 1,
        "request_id": "request-1",
        "client_id": "page-1",
        "editor_id": "editor-1",
        "seq": 1,
        "role": "ghost",
        "cells": [cell(source)],
        "cursor": {"cell_id": "cell-1", "offset": len(source) if offset is None else offset},
        "language": "python",
        "options": {"max_new_tokens": 16},
    }
    return copy.deepcopy({**valid, **changes})


def events_of(text):
    """The events in a whole answer; comments are left out."""
    blocks = text.split("\n\n")
    assert blocks.pop() == ""
    return [json.loads(block.removeprefix("data: ")) for block in blocks if not block.startswith(":")]


def numbered(number, **changes):
    """A long request of an editor of its own."""
    names = {"request_id": f"r{number}", "editor_id": f"e{number}"}
    return body(**{**names, "options": {"max_new_tokens": 1024}, **changes})


async def answer_of(connection):
    """Status, headers and text of a connection's answer, read to its end."""
    reader, _ = connection
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, headers = int(head.split()[1]), head.lower()
    if "transfer-encoding: chunked" not in headers:
        length = int(headers.split("content-length: ")[1].split()[0])
        return status, headers, (await reader.readexactly(length)).decode()
    text = b""
    while size := int(await reader.readline(), 16):
        text += await reader.readexactly(size)
        await reader.readline()
    return status, headers, text.decode()


def check_failure(text):
    """Asserts that `text` is an error in our one shape, and returns it."""
    failure = json.loads(text)
    assert FAILURE_FIELDS <= failure.keys() <= FAILURE_FIELDS | {"missing"}
    assert failure["type"] == "error"
    assert failure["code"]
    assert failure["message"].endswith((".", "?"))
    assert "Traceback" not in text
    return failure


async def until(condition, seconds=5.0):
    """Waits for `condition()` to hold."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")
