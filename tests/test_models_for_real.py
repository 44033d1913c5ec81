"""A real JupyterLab, a Hub on loopback, and weights that change while somebody types. Run by `.ci/slow`."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from ui.lab import Lab
from wire import body, events_of

from jupyter_sc2.licences import OPENRAIL_M, TERMS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
BIGCODE = "bigcode/starcoder2-3b"
ACCEPTED = {"accepted": True, "version": TERMS[OPENRAIL_M].version}


@pytest.fixture
def lab(tmp_path, weights_hub):
    for name in ("root", "home"):
        (tmp_path / name).mkdir()
    hub = {"HF_ENDPOINT": weights_hub.url, "HF_HOME": str(tmp_path / "hf")}
    running = Lab(tmp_path / "root", tmp_path / "home", environment=hub).start()
    yield running
    running.stop()


def ask(lab, method, path, content=None):
    """Status, body and seconds of an answer."""
    data = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    begun = time.monotonic()
    try:
        with urlopen(Request(f"{lab.url}/sc2/{path}", data, headers, method=method), timeout=120) as answer:
            status, text = answer.status, answer.read().decode()
    except HTTPError as error:
        status, text = error.code, error.read().decode()
    return SimpleNamespace(status=status, text=text, seconds=time.monotonic() - begun)


def catalogue(lab):
    return json.loads(ask(lab, "GET", "models").text)


def ghost(lab):
    return next(choice for choice in catalogue(lab)["roles"] if choice["role"] == "ghost")


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def present(lab, weights):
    return any(e["weights"] == weights and e["presence"] == "complete" for e in catalogue(lab)["entries"])


def completed(lab, number=0):
    """The weights that answered."""
    sent = body(request_id=f"r{number}", editor_id=f"e{number}", options={"max_new_tokens": 8})
    answer = ask(lab, "POST", "complete", sent)
    assert answer.status == 200, answer.text
    last = events_of(answer.text)[-1]
    assert last["type"] == "done", last
    return last["provenance"]["weights"]


class Typing(threading.Thread):
    """Completions one after the other until `stop`; notes which weights answered, and what went wrong."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.going, self.answered, self.wrong, self.longest = lab, True, [], [], 0.0

    def run(self):
        while self.going:
            begun = time.monotonic()
            try:
                self.answered.append(completed(self.lab, 1000 + len(self.answered)))
            except AssertionError as error:
                self.wrong.append(str(error))
            self.longest = max(self.longest, time.monotonic() - begun)

    def stop(self):
        self.going = False
        self.join(60)
        assert not self.wrong, self.wrong[:3]


def test_from_the_catalogue_to_ghost_text_and_back(lab, record_property):
    first = ask(lab, "GET", "models")
    warm = min(ask(lab, "GET", "models").seconds for _ in range(10))
    assert ask(lab, "POST", "models/download", {"weights": BIGCODE}).status == 403
    assert ask(lab, "PUT", f"licences/{OPENRAIL_M}", ACCEPTED).status == 200
    begun = time.monotonic()
    assert ask(lab, "POST", "models/download", {"weights": BIGCODE}).status == 202
    until(lambda: present(lab, BIGCODE))
    fetched = time.monotonic() - begun
    assert completed(lab) == "built-in"
    typing = Typing(lab)
    typing.start()
    begun = time.monotonic()
    assert ask(lab, "PUT", "roles/ghost", {"weights": BIGCODE}).status == 200
    until(lambda: ghost(lab)["weights"] == BIGCODE)
    switched = time.monotonic() - begun
    until(lambda: typing.answered[-1] == BIGCODE)
    assert ask(lab, "PUT", "roles/ghost", {"weights": "built-in"}).status == 200
    until(lambda: typing.answered[-1] == "built-in")
    typing.stop()
    assert set(typing.answered) == {"built-in", BIGCODE}
    until(lambda: len(json.loads(ask(lab, "GET", "status").text)["engines"]) == 1)
    assert ask(lab, "POST", "models/delete", {"weights": BIGCODE}).status == 204
    assert not present(lab, BIGCODE)
    told = {
        "first GET /sc2/models": first.seconds, "warm": warm, "download": fetched, "switch": switched,
        "longest completion meanwhile": typing.longest,
    }  # fmt: skip
    for name, seconds in told.items():
        record_property(name, round(seconds, 3))
        print(f"{name}: {seconds:.3f} s")
    print(f"{len(typing.answered)} completions meanwhile")
    assert warm < 0.1


def test_a_terminal_beside_a_running_server(lab, quick_rambler):
    environment = {
        **os.environ,
        "HOME": str(lab.home),
        "JUPYTER_DATA_DIR": str(lab.home / "data"),
        "JUPYTER_RUNTIME_DIR": str(lab.home / "runtime"),
        **lab.environment,
    }

    def command(*words):
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_sc2.cli", "models", *words], env=environment, capture_output=True, text=True
        )
        assert lab.token not in done.stdout + done.stderr
        return done

    assert command("download", BIGCODE, "--accept-licence").returncode == 0
    done = command("use", "ghost", BIGCODE)
    assert (done.returncode, "is being loaded; built-in answers until then." in done.stdout) == (0, True), done.stderr
    until(lambda: ghost(lab)["weights"] == BIGCODE)
    assert completed(lab, 1) == BIGCODE
    assert "answers for ghost" in command("delete", BIGCODE, "--yes").stderr
    assert command("unload", BIGCODE).returncode == 0
    states = {each["weights"]: each["state"] for each in json.loads(ask(lab, "GET", "status").text)["engines"]}
    assert states[BIGCODE] == "off"
    assert command("load", BIGCODE).returncode == 0
    assert command("idle", "90").returncode == 0
    assert catalogue(lab)["idle_minutes"] == 90
    assert "No role answers" in command("load", str(quick_rambler)).stderr
    assert command("refuse").returncode == 0
    assert ask(lab, "POST", "complete", body(request_id="r9")).text.count("licence_needed") == 1


def test_the_choice_survives_a_killed_server(lab):
    assert ask(lab, "PUT", f"licences/{OPENRAIL_M}", ACCEPTED).status == 200
    ask(lab, "POST", "models/download", {"weights": BIGCODE})
    until(lambda: present(lab, BIGCODE))
    ask(lab, "PUT", "roles/ghost", {"weights": BIGCODE, "precision": "float32", "context": 2048})
    until(lambda: ghost(lab)["weights"] == BIGCODE)
    until(lambda: Path(lab.home, "data", "sc2", "choice.json").exists())
    lab.process.kill()
    lab.process.wait()
    lab.start()
    choice = ghost(lab)
    assert (choice["weights"], choice["precision"], choice["context"]) == (BIGCODE, "float32", 2048)
    assert completed(lab) == BIGCODE
