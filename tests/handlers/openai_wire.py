"""Requests to the routes under /sc2/v1/, and readers of what comes back."""

import json


def pieces_of(text):
    """The objects of a stream, which must end in `[DONE]`; comments are left out."""
    blocks = [block for block in text.split("\n\n") if not block.startswith(":")]
    assert blocks.pop() == ""
    assert blocks.pop() == "data: [DONE]"
    return [json.loads(block.removeprefix("data: ")) for block in blocks]


def check_error(text):
    """Asserts that `text` is an error in OpenAI's shape, and returns what is in it."""
    whole = json.loads(text)
    assert whole.keys() == {"error"}
    assert whole["error"].keys() == {"message", "type", "param", "code"}
    assert whole["error"]["message"].endswith((".", "?"))
    assert "Traceback" not in text
    return whole["error"]
