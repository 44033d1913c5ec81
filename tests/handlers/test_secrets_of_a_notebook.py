"""Planted secrets, in cells, outputs, errors and column names: none in a prompt, an answer or the log."""

import hashlib
import json
import logging

import pytest
from notebook.test_secrets import PLANTED
from wire import body, cell

VALUES = [secret for _, secret in PLANTED.values()]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def state():
    """Each secret once more in what a cell printed or in how it failed; the last failure is told in the prompt."""
    runs = [
        {"id": f"cell-{n}", "order": n, **({"error": f"E: {line}"} if n % 2 else {"output": line})}
        for n, (line, _) in enumerate(PLANTED.values(), 2)
    ]
    columns = [{"name": line[:200], "dtype": "object"} for line, _ in PLANTED.values()]
    frame = {"name": "df", "type": "DataFrame", "shape": [1, len(columns)], "columns": columns}
    text = json.dumps({"runs": runs, "snapshot": {"execution_count": 20, "variables": [frame]}})
    return {"sha": sha(text), "source": text}


async def test_none_gets_out(engine, complete, state, tokenizer, caplog):
    caplog.set_level(logging.DEBUG)
    cells = [cell(line, name=f"cell-{n}") for n, (line, _) in enumerate(PLANTED.values(), 2)]
    for last, (line, _) in enumerate(PLANTED.values()):
        source = f"{line}\ndf['"
        request = body(source, cells=[*cells, cell(source)], state=state, request_id=f"r{last}", seq=last)
        events = await complete(request)
        text = tokenizer.decode(engine.prompts[-1].ids) + json.dumps(events)
        assert [secret for secret in VALUES if secret in text] == []
        assert "***" in text
    assert len(engine.prompts) == len(PLANTED) == 14
    assert [secret for secret in VALUES if secret in caplog.text] == []


async def test_errors_of_the_last_run_are_masked(engine, complete, tokenizer):
    for n, (line, secret) in enumerate(PLANTED.values()):
        text = json.dumps({"runs": [{"id": "cell-1", "order": 1, "error": f"E: {line}"}]})
        await complete(body("x = 1\nx.", state={"sha": sha(text), "source": text}, seq=n, request_id=f"r{n}"))
        shown = tokenizer.decode(engine.prompts[-1].ids)
        assert "#! E: " in shown
        assert secret not in shown
