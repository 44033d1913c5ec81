"""The catalogue, downloads, licences and roles over HTTP, with a Hub on loopback, the real worker and small weights."""

import asyncio
import json
import os
import shutil
import stat
import time

import numpy as np
import pytest
from safetensors.numpy import save_file
from wire import body, check_failure, until

from jupyter_sc2.events import DOWNLOAD_SCHEMA_ID, ROLES_SCHEMA_ID
from jupyter_sc2.licences import OPENRAIL_M, TERMS

BIGCODE, FREE = "bigcode/starcoder2-3b", "somebody/rambler"
VERSION = TERMS[OPENRAIL_M].version


@pytest.fixture
def sc2_config():
    return {"weights": "built-in", "own_notebooks": False, "library_tables": False, "niceness": 0}


@pytest.fixture
def get(send):
    async def fetch(*path):
        response = await send(None, *path, method="GET")
        assert response.status == 200, response.text
        return json.loads(response.text)

    return fetch


@pytest.fixture
def act(send):
    async def fetch(action, weights):
        return await send({"weights": weights}, "models", action)

    return fetch


@pytest.fixture
def choose(send):
    async def fetch(role, weights, **changes):
        return await send({"weights": weights, **changes}, "roles", role, method="PUT")

    return fetch


@pytest.fixture
def answer(send):
    async def fetch(accepted, version=VERSION, licence=OPENRAIL_M):
        return await send({"accepted": accepted, "version": version}, "licences", licence, method="PUT")

    return fetch


@pytest.fixture
def heard(jp_serverapp):
    """What the event bus carries, by schema."""
    found = {DOWNLOAD_SCHEMA_ID: [], ROLES_SCHEMA_ID: []}

    async def listen(logger, schema_id, data):
        found[schema_id].append(data)

    for schema in found:
        jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)
    return found


def entry_of(catalogue, weights):
    return next(entry for entry in catalogue["entries"] if entry["weights"] == weights)


def role_of(catalogue, role="ghost"):
    return next(choice for choice in catalogue["roles"] if choice["role"] == role)


def refused(response, status, code):
    failure = check_failure(response.text)
    assert (response.status, failure["code"]) == (status, code), failure
    return failure["message"]


async def downloaded(get, weights):
    """Waits until weights are on the disk."""
    for _ in range(1000):
        catalogue = await get("models")
        states = [each for each in catalogue["downloads"] if each["weights"] == weights]
        assert not [each for each in states if each["state"] == "failed"], states
        if entry_of(catalogue, weights)["presence"] == "complete":
            return catalogue
        await asyncio.sleep(0.02)
    raise AssertionError(states)


async def test_the_catalogue(weights_hub, get, record_property):
    catalogue = await get("models")
    assert {entry["weights"] for entry in catalogue["entries"]} >= {"built-in", BIGCODE}
    assert entry_of(catalogue, "built-in")["presence"] == "complete"
    assert entry_of(catalogue, BIGCODE)["presence"] == "absent"
    assert [choice["weights"] for choice in catalogue["roles"]] == ["built-in"] * 3
    assert (catalogue["idle_minutes"], catalogue["memory_budget_bytes"], catalogue["allowed"]) == (60, 0, [])
    assert catalogue["machine"]["memory_bytes"] > 1 << 28
    (licence,) = catalogue["licences"]
    assert (licence["id"], licence["acceptance"], len(licence["restrictions"])) == (OPENRAIL_M, None, 14)
    taken = []
    for _ in range(5):
        begun = time.monotonic()
        await get("models")
        taken.append(time.monotonic() - begun)
    record_property("seconds of GET /sc2/models, warm", min(taken))
    assert min(taken) < 0.1
    assert (await get("status"))["roles"] == catalogue["roles"]


async def test_the_catalogue_does_not_hold_up_the_server(weights_hub, get, monkeypatch):
    """A disk that hangs, for half a second."""

    def slow(*args, **kwargs):
        time.sleep(0.5)
        raise OSError

    monkeypatch.setattr("jupyter_sc2.roles.view.look", slow)
    asked = asyncio.ensure_future(get("models"))
    longest, last = 0.0, time.monotonic()
    while not asked.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    with pytest.raises(AssertionError):
        await asked
    assert longest < 0.3


class TestTheWholeWay:
    async def test_accept_download_choose_use_switch_back_delete(
        self, weights_hub, get, act, choose, answer, complete, heard, jp_data_dir, sc2_app
    ):
        assert "has not been accepted" in refused(await act("download", BIGCODE), 403, "licence_needed")
        assert "has not been accepted" in refused(await choose("ghost", BIGCODE), 403, "licence_needed")
        accepted = await answer(True)
        assert accepted.status == 200
        acceptance = json.loads(accepted.text)["acceptance"]
        assert (acceptance["licence"], acceptance["version"], acceptance["for_server"]) == (OPENRAIL_M, VERSION, False)
        assert acceptance["who"]
        assert "is not downloaded" in refused(await choose("ghost", BIGCODE), 422, "no_weights")
        assert (await act("download", BIGCODE)).status == 202
        await downloaded(get, BIGCODE)
        await until(lambda: heard[DOWNLOAD_SCHEMA_ID][-1]["state"] == "done")
        assert (await get("licences", OPENRAIL_M))["text"] == "The licence.\n"

        first = await complete(body(options={"max_new_tokens": 4}))
        assert first[-1]["provenance"]["weights"] == "built-in"
        told = await choose("ghost", BIGCODE, precision="float32", context=1024)
        assert told.status == 200
        assert json.loads(told.text)["next_weights"] == BIGCODE
        await until(lambda: sc2_app.fleet.of("ghost")[0].weights == BIGCODE, seconds=40)
        other = await complete(body(options={"max_new_tokens": 4}, request_id="request-2", seq=2))
        made_by = other[-1]["provenance"]
        assert (made_by["weights"], made_by["precision"]) == (BIGCODE, "float32")
        catalogue = await get("models")
        assert (role_of(catalogue)["weights"], role_of(catalogue)["context"]) == (BIGCODE, 1024)
        assert [each["roles"][0]["weights"] for each in heard[ROLES_SCHEMA_ID]][-1] == BIGCODE
        kept = jp_data_dir / "sc2" / "choice.json"
        await until(kept.exists)
        assert json.loads(kept.read_text())["roles"]["ghost"]["weights"] == BIGCODE
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

        assert "answers for ghost" in refused(await act("delete", BIGCODE), 409, "in_use")
        assert (await choose("ghost", "built-in")).status == 200
        await until(lambda: len(sc2_app.supervisors) == 1, seconds=20)
        engines = (await get("status"))["engines"]
        assert [(engine["weights"], engine["state"], engine["roles"]) for engine in engines] == [
            ("built-in", "ready", ["ghost", "magic", "chat"])
        ]
        assert (await act("delete", BIGCODE)).status == 204
        assert entry_of(await get("models"), BIGCODE)["presence"] == "absent"

    async def test_refusing_takes_the_weights_out_of_memory(
        self, weights_hub, get, act, choose, answer, complete, send, sc2_app
    ):
        await answer(True)
        await act("download", BIGCODE)
        await downloaded(get, BIGCODE)
        await choose("ghost", BIGCODE)
        await until(lambda: sc2_app.fleet.of("ghost")[0].weights == BIGCODE, seconds=40)
        assert json.loads((await answer(False)).text)["acceptance"] is None
        assert sc2_app.fleet.of("ghost")[1].status().state == "off"
        events = await complete(body())
        assert (events[-1]["type"], events[-1]["code"]) == ("error", "licence_needed")
        assert "was refused here" in refused(await send(body(seq=2)), 403, "licence_needed")
        refused(await act("download", BIGCODE), 403, "licence_needed")
        await answer(True)
        events = await complete(body(seq=3, options={"max_new_tokens": 2}))
        assert events[-1]["type"] == "done"

    async def test_pause_cancel_and_weights_that_nobody_knows(self, weights_hub, get, act, heard):
        weights_hub.fault("model.safetensors", "slow", 200_000)
        assert (await act("download", FREE)).status == 202
        await until(lambda: [each for each in heard[DOWNLOAD_SCHEMA_ID] if each["state"] == "running"], seconds=20)
        assert (await act("pause", FREE)).status == 204
        catalogue = await get("models")
        assert [(each["weights"], each["state"]) for each in catalogue["downloads"]] == [(FREE, "paused")]
        assert entry_of(catalogue, FREE)["presence"] == "partial"
        refused(await act("pause", FREE), 409, "not_downloading")
        assert (await act("cancel", FREE)).status == 204
        catalogue = await get("models")
        assert catalogue["downloads"] == []
        assert FREE not in [entry["weights"] for entry in catalogue["entries"]]
        weights_hub.reset()
        assert (await act("download", FREE)).status == 202
        entry = entry_of(await downloaded(get, FREE), FREE)
        assert (entry["licence"], entry["disk_bytes"] > 0) == ("", True)


async def test_instruct_weights_do_not_fill_in_the_middle(weights_hub, choose, quick_rambler, tmp_path):
    folder = tmp_path / "talker"
    shutil.copytree(quick_rambler, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "jupyter_sc2_template": "self-align"}))
    assert "cannot complete code" in refused(await choose("ghost", str(folder)), 422, "wrong_kind")
    assert (await choose("chat", str(folder))).status == 200


async def test_an_adapter_on_top(weights_hub, choose, complete, quick_rambler, tmp_path, sc2_app):
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"]}
    name, hidden = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight", 128
    shapes = {"A": (2, hidden), "B": (hidden, 2)}
    save_file({name.format(h): np.ones(s, np.float32) for h, s in shapes.items()}, folder / "adapter_model.safetensors")
    chosen = {"weights": str(quick_rambler), "adapter": str(folder)}
    assert "adapter_config.json is missing" in refused(await choose("ghost", **chosen), 422, "no_weights")
    (folder / "adapter_config.json").write_text(json.dumps({**config, "use_dora": True}))
    refused(await choose("ghost", **chosen), 422, "wrong_adapter")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    assert (await choose("ghost", **chosen)).status == 200
    await until(lambda: sc2_app.fleet.of("ghost")[0].adapter, seconds=40)
    made_by = (await complete(body(options={"max_new_tokens": 2})))[-1]["provenance"]
    assert (made_by["adapter"], len(made_by["adapter_sha256"])) == ("adapter", 64)


class TestBadInput:
    async def test_the_error_table(self, weights_hub, send):
        for method, path, content, status, code in [
            ("POST", ("models", "explode"), {"weights": FREE}, 404, "not_found"),
            ("POST", ("models", "settings"), {"idle_minutes": 5}, 405, "method_not_allowed"),
            ("POST", ("models", "download"), {}, 422, "bad_value"),
            ("POST", ("models", "download"), {"weights": ""}, 422, "bad_value"),
            ("POST", ("models", "download"), {"weights": "x" * 5000}, 422, "too_large"),
            ("POST", ("models", "download"), {"weights": "a\nb"}, 422, "bad_value"),
            ("POST", ("models", "download"), {"weights": "../etc"}, 422, "not_on_hub"),
            ("POST", ("models", "download"), {"weights": "built-in"}, 422, "not_on_hub"),
            ("POST", ("models", "download"), {"weights": FREE, "force": True}, 400, "unknown_field"),
            ("POST", ("models", "delete"), {"weights": FREE}, 404, "not_downloaded"),
            ("POST", ("models", "delete"), {"weights": "built-in"}, 409, "in_use"),
            ("POST", ("models", "load"), {"weights": FREE}, 409, "not_in_use"),
            ("POST", ("models", "unload"), {"weights": FREE}, 409, "not_in_use"),
            ("PUT", ("models", "settings"), {"idle_minutes": -1}, 422, "bad_value"),
            ("PUT", ("models", "settings"), {"idle_minutes": 10_081}, 422, "too_large"),
            ("PUT", ("roles", "admin"), {"weights": "built-in"}, 404, "not_found"),
            ("PUT", ("roles", "ghost"), {"weights": "built-in", "context": 100}, 422, "bad_value"),
            ("PUT", ("roles", "ghost"), {"weights": "built-in", "precision": "int2"}, 422, "bad_value"),
            ("PUT", ("roles", "ghost"), {"weights": "built-in", "device": "CPU; rm"}, 422, "bad_value"),
            ("PUT", ("roles", "ghost"), {"weights": "no/where"}, 422, "no_weights"),
            ("PUT", ("roles", "ghost"), {"weights": "/no/such/folder"}, 422, "no_weights"),
            ("PUT", ("roles", "ghost"), {"weights": "~nobody-at-all/x"}, 422, "no_weights"),
            ("PUT", ("roles", "ghost"), {"weights": "/" + "x" * 300}, 422, "weights_corrupt"),
            ("PUT", ("roles", "ghost"), {"weights": "built-in", "adapter": "~nobody-at-all"}, 422, "no_weights"),
            ("PUT", ("roles", "ghost"), {"weights": "built-in", "adapter": "x" * 5000}, 422, "too_large"),
            ("PUT", ("licences", "mit"), {"accepted": True, "version": "1"}, 404, "not_found"),
            ("PUT", ("licences", OPENRAIL_M), {"accepted": True, "version": "0"}, 409, "conflict"),
            ("PUT", ("licences", OPENRAIL_M), {"accepted": "yes", "version": VERSION}, 422, "bad_value"),
            ("GET", ("licences", "mit"), None, 404, "not_found"),
        ]:  # fmt: skip
            response = await send(content, *path, method=method)
            failure = check_failure(response.text)
            assert (response.status, failure["code"]) == (status, code), (path, content, failure)

    async def test_weights_of_another_kind(self, weights_hub, choose, tmp_path):
        (tmp_path / "config.json").write_text('{"model_type": "llama", "vocab_size": 8}')
        assert "StarCoder2" in refused(await choose("ghost", str(tmp_path)), 422, "weights_corrupt")


class TestAFolderUnderALicence:
    """Configured weights whose card says that they come from BigCode."""

    @pytest.fixture
    def sc2_config(self, quick_rambler, tmp_path):
        folder = tmp_path / "mine"
        shutil.copytree(quick_rambler, folder)
        (folder / "README.md").write_text("---\nbase_model: bigcode/starcoder2-3b\n---\n")
        return {"weights": str(folder), "own_notebooks": False, "niceness": 0}

    async def test_nothing_is_loaded_before_the_licence_is_accepted(self, send, get, answer, complete, sc2_app):
        events = await complete(body())
        assert (events[-1]["type"], events[-1]["code"]) == ("error", "licence_needed")
        (engine,) = (await get("status"))["engines"]
        assert (engine["state"], engine["failure"]["code"]) == ("failed", "licence_needed")
        assert "has not been accepted" in engine["failure"]["message"]
        assert sc2_app.supervisors[0].life is None
        same = {name: body()[name] for name in ("protocol", "request_id", "client_id", "editor_id", "seq")}
        refused(await send({**same, "request": "Square x", "cells": []}, "magic"), 403, "licence_needed")
        opened = await send({"path": "a.ipynb"}, "conversations")
        conversation = json.loads(opened.text)["conversation"]
        question = {"conversation_id": conversation["id"], "revision": conversation["revision"], "message": "Hello"}
        del same["editor_id"]
        refused(await send({**same, **question}, "chat"), 403, "licence_needed")
        assert (await answer(True)).status == 200
        events = await complete(body(request_id="request-2", seq=2, options={"max_new_tokens": 2}))
        assert events[-1]["type"] == "done"


class TestConfigured:
    """What an administrator decides."""

    @pytest.fixture
    def sc2_config(self, quick_rambler):
        return {
            "roles": {"chat": str(quick_rambler)},
            "allowed_weights": ["built-in", BIGCODE],
            "licences_accepted_by": "Ada Admin",
            "idle_minutes": 5,
            "memory_budget_mib": 8192,
        }

    async def test_pins_and_limits(self, weights_hub, get, choose, act, send, quick_rambler):
        catalogue = await get("models")
        chat = role_of(catalogue, "chat")
        assert (chat["weights"], chat["pinned"], role_of(catalogue)["pinned"]) == (str(quick_rambler), True, False)
        assert catalogue["allowed"] == ["built-in", BIGCODE]
        names = [entry["weights"] for entry in catalogue["entries"]]
        assert names == ["built-in", BIGCODE, str(quick_rambler)]
        assert (catalogue["idle_minutes"], catalogue["memory_budget_bytes"]) == (5, 8 << 30)
        assert "configuration" in refused(await choose("chat", "built-in"), 403, "pinned")
        assert "does not allow" in refused(await choose("ghost", FREE), 403, "not_allowed")
        refused(await choose("ghost", "built-in", adapter=FREE), 403, "not_allowed")
        refused(await act("download", FREE), 403, "not_allowed")
        assert (await send({"idle_minutes": 30}, "models", "settings", method="PUT")).status == 204
        assert (await get("models"))["idle_minutes"] == 30

    async def test_licences_accepted_for_everybody(self, weights_hub, get, act, answer):
        acceptance = (await get("licences", OPENRAIL_M))["acceptance"]
        assert (acceptance["who"], acceptance["for_server"]) == ("Ada Admin", True)
        assert (await act("download", BIGCODE)).status == 202
        await downloaded(get, BIGCODE)


class TestAfterARestart:
    """A server that finds what another has left."""

    @pytest.fixture
    def left(self, jp_data_dir):
        folder = jp_data_dir / "sc2"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "choice.json"

    @pytest.fixture
    def restarted(self, left, jp_data_dir, request, quick_rambler):
        content = request.param.replace("FOLDER", str(quick_rambler)) if isinstance(request.param, str) else ""
        left.write_text(content)
        return left

    KEPT = '{"schema_version": 1, "idle_minutes": 7, "roles": {"ghost": {"weights": "FOLDER", "precision": "float32"}}}'

    @pytest.mark.parametrize("restarted", [KEPT], indirect=True)
    async def test_the_last_choice_returns(self, restarted, jp_configurable_serverapp, quick_rambler):
        app = jp_configurable_serverapp().extension_manager.extension_points["jupyter_sc2"].app
        choices = {choice.role: choice for choice in app.fleet.choices()}
        assert (choices["ghost"].weights, choices["ghost"].precision) == (str(quick_rambler), "float32")
        assert choices["chat"].weights == "built-in"
        assert app.fleet.idle_seconds == 420
        assert app.services.of("ghost").entry.name == quick_rambler.name

    @pytest.mark.parametrize("restarted", [KEPT.replace("FOLDER", "/gone")], indirect=True)
    async def test_weights_that_are_gone(self, restarted, jp_configurable_serverapp):
        app = jp_configurable_serverapp().extension_manager.extension_points["jupyter_sc2"].app
        ghost = app.fleet.choices()[0]
        assert (ghost.weights, ghost.note.endswith("built-in answers instead.")) == ("built-in", True)

    @pytest.mark.parametrize(
        "restarted", ["", "{", '{"schema_version": 2}', KEPT.replace('"float32"', '"float8"')], indirect=True
    )
    async def test_a_damaged_file_is_set_aside(self, restarted, jp_configurable_serverapp, capsys):
        text = restarted.read_text()
        app = jp_configurable_serverapp().extension_manager.extension_points["jupyter_sc2"].app
        assert {choice.weights for choice in app.fleet.choices()} == {"built-in"}
        assert "was damaged and has been set aside" in capsys.readouterr().err
        assert restarted.with_suffix(".corrupt-1").read_text() == text
        assert not restarted.exists()


async def test_a_choice_that_cannot_be_kept_is_used_nevertheless(
    weights_hub, choose, jp_data_dir, sc2_app, caplog, quick_rambler
):
    (jp_data_dir / "sc2").mkdir(parents=True, exist_ok=True)
    (jp_data_dir / "sc2" / "choice.json").mkdir()
    assert (await choose("ghost", str(quick_rambler))).status == 200
    await until(lambda: sc2_app.fleet.of("ghost")[0].weights == str(quick_rambler), seconds=40)
    await until(lambda: "could not be kept" in caplog.text)


def test_who_may_read_the_file(tmp_path):
    from jupyter_sc2.messages import ChooseWeights
    from jupyter_sc2.roles import KeptChoices

    old = os.umask(0)
    try:
        kept = KeptChoices(tmp_path / "sc2")
        kept.keep("ghost", ChooseWeights("built-in"))
    finally:
        os.umask(old)
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert kept.read()[0].roles["ghost"].weights == "built-in"
