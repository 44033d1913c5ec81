import asyncio
import hashlib
import json
import struct

import pytest
from wire import body, cell, check_failure, events_of, until

import jupyter_sc2
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.complete import CompleteHandler
from jupyter_sc2.messages import Failed, Loading, PrefillProgress, Queued
from jupyter_sc2.supervisor import TryLater


def text_of(events):
    return "".join(event["text"] for event in events if event["type"] == "text")


async def test_an_answer_streams_and_says_where_it_comes_from(engine, send, weights_folder):
    engine.enqueue(PrefillProgress("", 5, 9), "array(", "[1, 2])", "stop")
    response = await send(body())
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-cache"
    events = events_of(response.text)
    assert events[0] == {"type": "prefill", "done": 5, "total": 9}
    assert text_of(events) == "array([1, 2])"
    done = events[-1]
    assert (done["type"], done["finish"], done["truncated"]) == ("done", "stop", False)
    prompt, made_by = engine.prompts[0], done["provenance"]
    assert done["usage"]["prompt_ids"] == len(prompt.ids)
    assert made_by["weights"] == weights_folder.name
    assert made_by["weights_sha256"] == engine.details.weights_sha256
    assert made_by["adapter"] is None
    assert made_by["precision"] == "float32"
    assert made_by["prompt_sha256"] == hashlib.sha256(struct.pack(f"<{len(prompt.ids)}I", *prompt.ids)).hexdigest()
    assert made_by["options"]["max_new_tokens"] == 16
    assert made_by["seed"] == prompt.seed
    assert made_by["format_version"] == 1
    assert made_by["versions"] == {"fake": "1", "jupyter_sc2": jupyter_sc2.__version__}


async def test_what_the_engine_is_asked(engine, complete, tokenizer):
    await complete(body(options={"max_new_tokens": 0, "temperature": 0, "top_p": 0.5, "seed": 7}))
    (prompt,), (ticket,) = engine.prompts, engine.tickets
    assert (prompt.max_new_tokens, prompt.temperature, prompt.top_p, prompt.seed) == (0, 0.0, 0.5, 7)
    assert 0 in prompt.stop_ids
    assert tokenizer.decode(prompt.ids).endswith("x = np.")
    assert (ticket.request_id, ticket.editor_id, ticket.seq, ticket.role) == ("request-1", "editor-1", 1, "ghost")


async def test_the_drawn_seed_differs(engine, complete):
    seeds = {(await complete())[-1]["provenance"]["seed"] for _ in range(3)}
    assert len(seeds) == 3


async def test_a_syntactic_stop_ends_the_generation(engine, complete):
    engine.enqueue("array([1])\n", "y = 2\n", 0.2, "z = 3\n")
    events = await complete()
    assert text_of(events) == "array([1])"
    assert events[-1]["finish"] == "scope"
    assert engine.cancelled == [("request-1", "scope")]


async def test_waiting_and_loading_are_told(engine, complete):
    engine.enqueue(Queued(2), 0.05, Loading(0.25), 0.05, "stop")
    events = await complete()
    assert events[:2] == [{"type": "queued", "position": 2}, {"type": "loading", "share": 0.25}]


async def test_silence_is_filled_with_comments(engine, send, monkeypatch):
    monkeypatch.setattr(CompleteHandler, "heartbeat_seconds", 0.02)
    engine.enqueue(0.1, "1", "stop")
    response = await send(body())
    assert response.text.startswith(": \n\n")
    assert events_of(response.text)[-1]["finish"] == "stop"


async def test_raw_cells_are_not_completed(engine, complete):
    (done,) = await complete(body("some words", cells=[cell("some words", kind="raw")]))
    assert (done["type"], done["finish"], done["provenance"]) == ("done", "stop", None)
    assert engine.tickets == []


@pytest.mark.parametrize("source", ["", " \n\t"])
async def test_an_empty_cell_has_nothing_to_complete(engine, complete, source):
    (done,) = await complete(body(source))
    assert done["finish"] == "stop"
    assert engine.tickets == []


@pytest.mark.parametrize("role", ["magic", "chat"])
async def test_roles_to_come(engine, send, role):
    response = await send(body(role=role))
    assert response.status == 422
    failure = check_failure(response.text)
    assert failure["code"] == "bad_value"
    assert role in failure["message"]


async def test_sources_are_sent_once(engine, send, complete):
    earlier, source = "import pandas as pd", "pd."
    cells = [cell(earlier, "a", with_source=False), cell(source, with_source=False)]
    known = body(source, cells=cells)
    response = await send(known)
    assert response.status == 409
    failure = check_failure(response.text)
    assert failure["code"] == "need_cells"
    assert failure["request_id"] == "request-1"
    assert failure["missing"] == [each["sha"] for each in cells]
    await complete(body(source, cells=[cell(earlier, "a"), cell(source)]))
    assert (await complete(known))[-1]["finish"] == "stop"
    response = await send({**known, "client_id": "another-page"})
    assert response.status == 409


@pytest.mark.parametrize("text", ["😀 = 1; 漢字 = ", "a\tb", "\ufeffx = ", "e\u0301 = ", "x\r\ny = "])
async def test_offsets_count_code_points(engine, complete, tokenizer, text):
    source = text + "REST"
    await complete(body(source, offset=len(text)))
    shown = tokenizer.decode(engine.prompts[0].ids)
    assert text.replace("\r\n", "\n") in shown
    assert "REST" in shown.partition("<fim_suffix>")[2].partition("<fim_middle>")[0]


async def test_an_offset_in_utf16_is_outside(engine, send):
    response = await send(body("x = '😀'", offset=8))
    assert response.status == 422
    failure = check_failure(response.text)
    assert failure["code"] == "bad_cursor"
    assert "from 0 to 7" in failure["message"]


async def test_a_long_notebook_is_cut_and_says_so(engine, complete):
    cells = [cell(f"value_{i} = {i}\n" * 40, f"c{i}") for i in range(100)]
    events = await complete(body(cells=[*cells, cell("x = np.")], cursor={"cell_id": "cell-1", "offset": 7}))
    assert events[-1]["truncated"] is True
    assert len(engine.prompts[0].ids) <= 4096 - 16


@pytest.mark.parametrize(
    ("code", "status"), [("weights_corrupt", 503), ("out_of_memory", 503), ("engine_died", 503), ("too_large", 422)]
)
async def test_a_failure_before_the_first_event_is_a_status(engine, send, code, status):
    engine.enqueue(Failed(code, "It failed.", "Try again.", "request-1"))
    response = await send(body())
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    failure = check_failure(response.text)
    assert (failure["code"], failure["hint"], failure["request_id"]) == (code, "Try again.", "request-1")


async def test_a_failure_after_it_is_an_event(engine, complete):
    engine.enqueue("array(", Failed("engine_died", "It died.", "", "request-1"))
    events = await complete()
    assert [event["type"] for event in events[-2:]] == ["text", "error"]
    assert (events[-1]["code"], events[-1]["request_id"]) == ("engine_died", "request-1")


async def test_a_fault_of_ours_is_an_event_without_details(engine, complete, monkeypatch, caplog):
    def broken(self, ids):
        raise RuntimeError(self.prompt.line_prefix)

    engine.enqueue(Queued(1), 0.02, "array(")
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.feed", broken)
    events = await complete(body("hunter2 = 41 +"))
    assert events[-1]["code"] == "internal"
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text + str(events)
    assert engine.cancelled == [("request-1", "cancelled")]


async def test_refusals_carry_retry_after(engine, send):
    engine.refusal = TryLater("busy", "4 running, 32 waiting.", status=429, retry_after=3)
    response = await send(body())
    assert (response.status, response.headers["Retry-After"]) == (429, "3")
    assert check_failure(response.text)["code"] == "busy"
    engine.refusal = Sc2Error("no_memory", "Not enough memory.", status=503)
    response = await send(body())
    assert response.status == 503
    assert "Retry-After" not in response.headers


async def test_missing_weights_are_an_answer(engine, send, weights_folder):
    config = weights_folder / "config.json"
    config.rename(weights_folder / "hidden")
    try:
        response = await send(body())
        assert response.status == 503
        failure = check_failure(response.text)
        assert failure["code"] == "no_weights"
        assert str(weights_folder) in failure["message"]
        assert engine.tickets == []
    finally:
        (weights_folder / "hidden").rename(config)
    assert (await send(body())).status == 200


async def test_closing_the_connection_cancels(engine, connect):
    engine.enqueue("a", "b")
    reader, writer = await connect(body())
    await reader.readuntil(b"data: ")
    writer.close()
    await until(lambda: engine.cancelled)
    assert engine.cancelled == [("request-1", "cancelled")]


async def test_closing_before_the_first_event_cancels(engine, connect):
    engine.enqueue(30)
    _, writer = await connect(body())
    await until(lambda: engine.prompts)
    writer.close()
    await until(lambda: engine.cancelled)


async def test_deleting_a_request_cancels(engine, send):
    engine.enqueue("a")
    answer = asyncio.ensure_future(send(body(request_id="a/b:c@d")))
    await until(lambda: engine.prompts)
    response = await send(None, "requests", "a/b:c@d", method="DELETE")
    assert (response.status, response.text) == (204, "")
    assert events_of((await answer).text)[-1]["finish"] == "cancelled"
    response = await send(None, "requests", "a/b:c@d", method="DELETE")
    assert response.status == 404
    assert check_failure(response.text)["code"] == "not_found"


async def test_a_client_that_does_not_read_is_let_go(engine, connect, monkeypatch):
    monkeypatch.setattr("jupyter_sc2.handlers.sse.CLIENT_SECONDS", 0.3)
    monkeypatch.setattr("jupyter_sc2.prompt.trim.Trimmer.feed", lambda self, ids: "x" * 200_000)
    engine.enqueue(*["a"] * 1000)
    await connect(body(), limit=1)
    await until(lambda: engine.cancelled, seconds=10)
    assert engine.cancelled == [("request-1", "cancelled")]


async def test_a_module_of_the_users_own_is_shown(engine, complete, jp_root_dir, tokenizer):
    (jp_root_dir / "work").mkdir()
    (jp_root_dir / "work" / "helper.py").write_text("def load_table(path): ...\n")
    await complete(body("import helper\nhelper.", path="work/analysis.ipynb"))
    text = tokenizer.decode(engine.prompts[0].ids)
    assert text.startswith("<repo_name>project<file_sep>helper.py\ndef load_table(path): ...\n<file_sep>")
    assert "analysis.py\n# %%\nimport helper" in text


async def test_a_file_is_no_notebook(engine, complete, tokenizer):
    await complete(body("import os\nos.", path="a.py", is_file=True))
    assert "import os\nos." in tokenizer.decode(engine.prompts[0].ids)
    assert "# %%" not in tokenizer.decode(engine.prompts[0].ids)


async def test_text_is_completed_left_to_right(engine, complete, tokenizer):
    engine.enqueue("e data\nMore", "stop")
    events = await complete(body("Load th", cells=[cell("Load th", kind="markdown")]))
    assert text_of(events) == "e data"
    assert tokenizer.decode(engine.prompts[0].ids) == "<jupyter_start><jupyter_text>Load th"


async def test_the_state_reaches_the_prompt(engine, complete, tokenizer):
    state = {
        "runs": [{"id": "cell-1", "order": 3, "error": "KeyError: 'wieght'"}],
        "snapshot": {
            "execution_count": 3,
            "variables": [{"name": "df", "type": "DataFrame", "shape": [3, 1], "columns": [{"name": "weight"}]}],
        },
    }
    text = json.dumps(state)
    await complete(body("df['", state={"sha": hashlib.sha256(text.encode()).hexdigest(), "source": text}))
    shown = tokenizer.decode(engine.prompts[0].ids)
    assert '# df: DataFrame (3, 1): "weight"' in shown
    assert "#! KeyError: 'wieght'" in shown


async def test_the_end_says_what_is_kept(engine, complete):
    engine.enqueue("array([1, 2", "stop")
    events = await complete()
    assert (text_of(events), events[-1]["text"]) == ("array([1, 2", "array([1, 2])")
    engine.enqueue("= = 3", "stop")
    assert (await complete())[-1]["text"] == ""
