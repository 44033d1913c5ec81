import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from supervised import FAKE_WORKER, pid_of
from traitlets import TraitError
from wire import body, until

import jupyter_sc2
from jupyter_sc2.events import ENGINE_SCHEMA_ID, News, StatusNews
from jupyter_sc2.extension import Sc2App
from jupyter_sc2.messages import EngineStatus

ROOT = str(Path(jupyter_sc2.__file__).parents[1])


def test_version():
    assert re.match(r"\d+\.\d+", jupyter_sc2.__version__)


def test_where_jupyter_finds_us():
    assert jupyter_sc2._jupyter_labextension_paths() == [{"src": "labextension", "dest": "jupyter-sc2"}]
    assert jupyter_sc2._jupyter_server_extension_points() == [{"module": "jupyter_sc2", "app": Sc2App}]


def python(code):
    environment = {**os.environ, "PYTHONPATH": ROOT}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_importing_us_is_light():
    code = """
import sys, time
import jupyter_server.serverapp, jupyter_server.extension.application
start = time.process_time()
import jupyter_sc2
jupyter_sc2._jupyter_server_extension_points()
print(time.process_time() - start)
print(*{"torch", "transformers", "tokenizers", "numpy", "safetensors"} & set(sys.modules))
"""
    for _ in range(3):  # the fastest counts, in time of the processor: the machine may be busy
        seconds, heavy, *_ = python(code).split("\n")
        assert heavy == ""
        if float(seconds) < 0.1:
            return
    raise AssertionError(f"{seconds} s, at best")


async def test_launching_starts_no_worker_and_loads_no_weights(sc2_app, jp_fetch):
    (engine,) = json.loads((await jp_fetch("sc2", "status")).body)["engines"]
    assert engine["state"] == "off"


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("threads", 1, 256),
        ("niceness", 0, 19),
        ("cache_mib", 16, 1 << 20),
        ("max_running", 1, 4),
        ("max_waiting", 0, 4096),
        ("silence_seconds", 1.0, 3600.0),
        ("prompt_ids", 256, 16384),
        ("context", 256, 16384),
        ("memory_budget_mib", 0, 1 << 24),
        ("idle_minutes", 0, 10_080),
    ],
)
def test_every_number_is_bounded(name, low, high):
    app = Sc2App()
    for value in (low, high):
        setattr(app, name, value)
    for value in (low - 1, high + 1):
        with pytest.raises(TraitError):
            setattr(app, name, value)


def test_no_number_is_forgotten():
    traits = Sc2App.class_own_traits(config=True).values()
    bounds = [(trait.min, trait.max) for trait in traits if hasattr(trait, "min")]
    assert len(bounds) == 10
    assert all(low is not None and high is not None for low, high in bounds)


class TestSettings:
    @pytest.fixture
    def sc2_config(self, weights_folder):
        return {
            "weights": "built-in",
            "roles": {role: str(weights_folder) for role in ("ghost", "magic", "chat")},
            "threads": 3,
            "niceness": 7,
            "cache_mib": 16,
            "prompt_ids": 512,
            "silence_seconds": 9,
            "precision": "bfloat16",
            "device": "cpu",
            "interpreter": "some-python",
        }

    async def test_reach_the_worker(self, sc2_app, weights_folder):
        (supervisor,) = sc2_app.supervisors
        given = await supervisor.prepare()
        assert given.command == ("some-python", "-m", "jupyter_sc2.engine.worker")
        load = given.load()
        assert (load.folder, load.threads, load.cache_bytes) == (str(weights_folder), 3, 16 << 20)
        assert (load.precision, load.device, given.niceness, given.silence_seconds) == ("bfloat16", "cpu", 7, 9.0)
        assert sc2_app.services.prompt_ids == 512


class TestWithAWorker:
    @pytest.fixture
    def sc2_config(self, weights_folder, tmp_path):
        """An interpreter that runs the scripted worker whatever module it is asked for."""
        interpreter = tmp_path / "python"
        interpreter.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} {FAKE_WORKER} "{{}}" "$@"\n')
        interpreter.chmod(0o755)
        return {"weights": str(weights_folder), "interpreter": str(interpreter), "start_on_launch": True}

    @pytest.fixture
    def heard(self, jp_serverapp):
        events = []

        async def listen(logger, schema_id, data):
            events.append(data)

        jp_serverapp.event_logger.add_listener(schema_id=ENGINE_SCHEMA_ID, listener=listen)
        return events

    async def test_states_go_to_the_event_bus(self, jp_serverapp, sc2_app, heard, jp_fetch):
        await sc2_app._start_jupyter_server_extension(jp_serverapp)
        (supervisor,) = sc2_app.supervisors
        await until(lambda: heard and heard[-1]["state"] == "ready", seconds=10)
        pid = pid_of(supervisor)
        response = await jp_fetch(
            "sc2", "complete", method="POST", body=json.dumps(body()), headers={"Content-Type": "application/json"}
        )
        assert b'"finish":"stop"' in response.body
        await sc2_app.stop_extension()
        await until(lambda: heard[-1]["state"] == "off")
        states = [event["state"] for event in heard]
        assert list(dict.fromkeys(states)) == ["loading", "ready", "off"]
        assert len(states) < 8
        assert {"weights", "roles", "running", "waiting"} <= heard[0].keys()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


class Recorder:
    def __init__(self):
        self.data = []

    def emit(self, *, schema_id, data):
        assert schema_id == ENGINE_SCHEMA_ID
        self.data.append(data)


async def test_news_are_few_but_the_last_one_comes(caplog):
    recorder = Recorder()
    news = StatusNews(News(recorder, Sc2App().log), period=0.05)
    for running in range(100):
        news.tell(EngineStatus("tiny", "ready", ["ghost"], running, 0))
    assert [data["running"] for data in recorder.data] == [0]
    await asyncio.sleep(0.15)
    assert [data["running"] for data in recorder.data] == [0, 99]
    news.tell(EngineStatus("tiny", "failed", ["ghost"], 0, 0))
    assert recorder.data[-1]["state"] == "failed"
    news.close()


async def test_the_event_schema_fits_every_status(jp_serverapp, sc2_app, harness):
    """Emitting validates against the schema; a status that does not fit would be logged as an error."""
    heard = []

    async def listen(logger, schema_id, data):
        heard.append(data)

    jp_serverapp.event_logger.add_listener(schema_id=ENGINE_SCHEMA_ID, listener=listen)
    supervisor = harness.make({"load_failure": "no_memory"})
    supervisor._on_change = sc2_app.status_news.tell
    supervisor.start()
    await until(lambda: heard and heard[-1]["state"] == "failed", seconds=10)
    assert heard[-1]["failure"]["code"] == "no_memory"
