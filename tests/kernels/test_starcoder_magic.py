"""`%%starcoder` in a real kernel: against the real server, and against one that answers by script."""

import ast
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

LOAD = "%load_ext jupyter_sc2_kernel"
NO_TRACEBACK = ("Traceback", "Error:", "hunter2", "\x1b")


def text_of(cell):
    found = []
    for output in cell.outputs:
        assert output.output_type != "error", output
        found.append(output.get("text") or output["data"]["text/plain"])
    return "\n".join(found)


def code_of(cell):
    (output,) = [output for output in cell.outputs if "text/markdown" in output.get("data", {})]
    return output


def test_code_for_a_request_in_words(run, known_server):
    cells = run(LOAD, "numbers = [3, 1, 2]", "%%starcoder --max-tokens 64\nSort the {numbers}: don't change {them!r}")
    output = code_of(cells[2])
    ast.parse(output["data"]["text/plain"])
    assert output["data"]["text/markdown"] == f"```python\n{output['data']['text/plain']}\n```"
    made_by = output["metadata"]["jupyter_sc2"]
    assert made_by["weights"] == "built-in"
    assert made_by["options"]["max_new_tokens"] == 64
    assert "Written by a model" in text_of(cells[2])


def test_a_seed_writes_the_same_again(run, known_server):
    ask = "%%starcoder --seed 7 --temperature 1 --max-tokens 48\nPlot the values"
    cells = run(LOAD, ask, ask, ask.replace("7", "8"))
    first, second, third = (code_of(cell)["metadata"]["jupyter_sc2"]["seed"] for cell in cells[1:])
    assert (first, second, third) == (7, 7, 8)
    assert code_of(cells[1])["data"] == code_of(cells[2])["data"]


def test_the_prompt_is_shown(run, known_server):
    cells = run(LOAD, "numbers = [3, 1, 2]", "1 / 0", "%%starcoder --show-prompt --max-tokens 8\nUse {braces}")
    prompt = cells[3].outputs[0]["text"] if "text" in cells[3].outputs[0] else text_of(cells[3])
    assert "<jupyter_code>numbers = [3, 1, 2]<jupyter_output>" in prompt
    assert "<jupyter_text>Use {braces}<jupyter_code>" in prompt
    assert "1 / 0" not in prompt, "a cell that failed is not what the user has"
    assert prompt.count("Use {braces}") == 1
    assert "load_ext" not in prompt


@pytest.mark.parametrize("extension", ["jupyter_sc2_kernel", "jupyter_sc2"])
def test_both_names_load(run, known_server, extension):
    cells = run(f"%load_ext {extension}", "%starcoder --max-tokens 4 Import numpy")
    assert code_of(cells[1])


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "No jupyter-sc2 server was found"),
        ({"JUPYTER_SC2_URL": "http://127.0.0.1:9"}, "The Jupyter server at http://127.0.0.1:9 does not answer."),
        ({"JUPYTER_SC2_URL": "{lab}", "JUPYTER_SC2_TOKEN": "hunter2"}, "did not accept the token"),
    ],
)
def test_trouble_is_one_sentence(run, lab, monkeypatch, environment, sentence):
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(lab=lab.url))
    begun = time.monotonic()
    cells = run(LOAD, "%%starcoder\nImport numpy", "print('goes on')")
    assert time.monotonic() - begun < 15  # the kernel's start included
    (output,) = cells[1].outputs
    assert (output.output_type, output.name) == ("stream", "stderr")
    assert sentence in output.text
    assert output.text.count("\n") == 1
    assert not [word for word in NO_TRACEBACK if word in output.text]
    assert text_of(cells[2]) == "goes on\n"


def test_wrong_use_is_one_sentence(run, known_server):
    cells = run(LOAD, "%%starcoder --seed x\nhello", "%starcoder", "%%starcoder --max-tokens 99999\nhello")
    for cell, words in zip(cells[1:], ("--seed", "Say in words", "`--max-tokens` must be a whole number"), strict=True):
        (output,) = cell.outputs
        assert words in output.text
        assert "Traceback" not in output.text


def test_hidden_characters_are_shown(run, scripted, monkeypatch):
    code = "x = '\x1b[2J\u202e'"
    scripted.lines = [{"type": "text", "text": code}, {"type": "done", "finish": "stop", "text": code}]
    monkeypatch.setenv("JUPYTER_SC2_URL", scripted.url)
    cells = run(LOAD, "%%starcoder\nClear the screen")
    assert code_of(cells[1])["data"]["text/plain"] == "x = '\\x1b[2J\\u202e'"


def test_what_was_left_out_is_told(run, scripted, monkeypatch):
    done = {"type": "done", "finish": "length", "text": "x = 1", "truncated": True}
    scripted.lines = [{"type": "text", "text": "x = 1\ny = ("}, done]
    monkeypatch.setenv("JUPYTER_SC2_URL", scripted.url)
    said = text_of(run(LOAD, "%%starcoder\nSet x")[1])
    for words in ("reached --max-tokens", "is left out", "Not all cells fitted"):
        assert words in said


def test_what_is_sent(run, scripted, monkeypatch):
    scripted.lines = [{"type": "done", "finish": "stop", "text": "x"}]
    monkeypatch.setenv("JUPYTER_SC2_URL", scripted.url)
    run(LOAD, "a = 1", "b = 2", "a = 1", "%%starcoder --seed 3\nAdd them", "c = a + b", "%%starcoder\nSquare it")
    first, second = scripted.bodies()
    assert [cell["source"] for cell in first["cells"]] == ["b = 2", "a = 1"]
    assert [(cell["kind"], cell["source"]) for cell in second["cells"]] == [
        ("code", "b = 2"),
        ("code", "a = 1"),
        ("markdown", "Add them"),
        ("code", "c = a + b"),
    ]
    assert (first["options"]["seed"], second["options"]["seed"]) == (3, None)
    assert second["seq"] > first["seq"]
    assert [(v["name"], v["type"]) for v in second["snapshot"]["variables"]] == [(n, "int") for n in "abc"]


@pytest.fixture
def kernel(own_home):
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def ask(client, code, seconds=30):
    """(reply's content, everything published) of one cell."""
    published = []
    reply = client.execute_interactive(code, timeout=seconds, output_hook=published.append, store_history=True)
    return reply["content"], published


def test_the_code_comes_as_a_new_cell(scripted, monkeypatch, kernel):
    _, client = kernel
    scripted.lines = [{"type": "text", "text": "x = (1"}, {"type": "done", "finish": "length", "text": "x = 1"}]
    ask(client, f"%env JUPYTER_SC2_URL={scripted.url}")
    ask(client, LOAD)
    content, published = ask(client, "%%starcoder\nSet x")
    (payload,) = content["payload"]
    assert (payload["source"], payload["text"], payload["replace"]) == ("set_next_input", "x = 1", False)
    last = [message["content"] for message in published if "text/markdown" in message["content"].get("data", {})][-1]
    assert last["data"]["text/plain"] == "x = 1"


def test_interrupt_stops_the_generation(scripted, monkeypatch, kernel):
    manager, client = kernel
    scripted.lines, scripted.hold = [{"type": "text", "text": "x = 1"}], True
    ask(client, f"%env JUPYTER_SC2_URL={scripted.url}")
    ask(client, LOAD)
    published = []
    interrupted = []

    def note(message):
        published.append(message)
        if "text/markdown" in message["content"].get("data", {}) and not interrupted:
            interrupted.append(time.monotonic())
            manager.interrupt_kernel()

    reply = client.execute_interactive("%%starcoder\nSet x", timeout=30, output_hook=note)["content"]
    assert time.monotonic() - interrupted[0] < 5
    assert scripted.deleted.wait(5)
    assert reply["status"] == "error", "what was to run next must not"
    (error,) = [message["content"] for message in published if message["msg_type"] == "error"]
    assert error["traceback"] == ["Stopped."]
    assert not reply.get("payload")


def test_without_ipywidgets_it_is_plain_text(run, known_server):
    hide = "import sys; sys.modules['ipywidgets'] = None"
    cells = run(hide, LOAD, "%%starcoder --max-tokens 4\nImport numpy")
    assert "Written by a model" in text_of(cells[2]) or "nothing that could be used" in text_of(cells[2])
    assert not [output for output in cells[2].outputs if any("widget" in mime for mime in output.get("data", {}))]


def test_the_package_stands_alone(tmp_path):
    """IPython and the standard library: no torch, no server, nothing of jupyter_sc2 itself."""
    package = Path(__file__).parents[2] / "kernels"
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; s = S();"
        "s.run_line_magic('load_ext', 'jupyter_sc2_kernel');"
        "print(sorted({n.partition('.')[0] for n in sys.modules} & {'torch', 'transformers', 'jupyter_sc2', 'tornado',"
        " 'jupyter_server', 'numpy'}))"
    )
    if not package.exists():
        pytest.skip("only in a source tree")
    environment = {**os.environ, "PYTHONPATH": str(package), "IPYTHONDIR": str(tmp_path / uuid.uuid4().hex)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.strip() == "[]", result.stderr
