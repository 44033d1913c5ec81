"""`jupyter sc2 doctor`: what it finds, what it advises, and what it never says."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import jupyter_sc2
from jupyter_sc2 import cli
from jupyter_sc2.catalog import BUILT_IN
from jupyter_sc2.doctor import choices, command, computing, folders, installed, interpreter, network, show, storage
from jupyter_sc2.doctor.configured import Configured, configured
from jupyter_sc2.doctor.interpreter import Asked
from jupyter_sc2.doctor.report import Report
from jupyter_sc2.doctor.surroundings import address, environment
from jupyter_sc2.downloads import kept, records
from jupyter_sc2.engine.probe import Probe
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import ChooseWeights, Device, Machine
from jupyter_sc2.roles.kept import KeptChoices

GB = 10**9
SECRETS = {"HF_TOKEN": "hf_secret1", "HTTPS_PROXY": "http://me:secret2@secret3@proxy.example:8080/?key=secret4"}
PROBE = Probe("3.11.7", jupyter_sc2.__version__, "2.13.0", "12.6", [], "AVX2", True, False)


def machine(free=16, disk=100, gpu=False):
    devices = [Device("cuda:0", "NVIDIA L4", 24 * GB, 22 * GB)] if gpu else []
    return Machine(8, 32 * GB, int(free * GB), int(disk * GB), "/models", devices)


def states(checks):
    return {check.name: check.state for check in checks}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the real command prints as JSON in a home of its own, with secrets in the environment."""
    home = tmp_path_factory.mktemp("doctor")
    own = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    variables = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    variables |= {"HOME": str(home), **own, **SECRETS}
    line = [sys.executable, "-m", "jupyter_sc2.cli", "doctor", "--json"]
    return subprocess.run(line, env=variables, capture_output=True, text=True, cwd=home)


@pytest.fixture
def report(printed):
    return msgspec.json.decode(printed.stdout, type=Report)


def test_this_machine(printed, report):
    found = states(report.checks)
    assert printed.returncode == int("problem" in found.values())
    for name in ("server extension", "JupyterLab extension", "model's Python", "built-in weights", "data"):
        assert found[name] == "ok", report.checks
    assert found["ghost, magic, chat"] == "ok"
    assert report.engine.torch == report.software["torch"]
    assert report.catalogue[0].weights == BUILT_IN
    assert report.recommendation.weights in {line.weights for line in report.catalogue}
    assert not Path(report.folders[0].path).exists()  # nothing was made


def test_no_secret_is_told(printed, report):
    for text in (printed.stdout, printed.stderr, show.text_of(report)):
        assert "secret" not in text
    assert report.environment["HF_TOKEN"] == "set"
    assert report.environment["HTTPS_PROXY"] == "http://proxy.example:8080/"


def test_the_text_fits_a_terminal(report, monkeypatch):
    monkeypatch.setenv("HOME", str(Path(report.folders[0].path).parents[1]))
    long = msgspec.structs.replace(report.checks[0], state="problem", text="so " * 60, advice="Do " * 60)
    text = show.text_of(msgspec.structs.replace(report, checks=[*report.checks, long]))
    assert [line for line in text.splitlines() if len(line) > 79 and " /" not in line] == []
    for wanted in ("StarCoder2-15B-Instruct", "16.0 billion", report.recommendation.reason[:30], "1 problem"):
        assert wanted in text
    assert "~/" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_a_problem_is_an_exit_status(report, monkeypatch, capsys, as_json):
    bad = msgspec.structs.replace(report.checks[0], state="problem", text="gone")
    for checks, status in (([], 0), ([bad], 1)):
        given = msgspec.structs.replace(report, checks=checks)
        monkeypatch.setattr(command, "collect", lambda python, given=given: given)
        assert command.run(argparse.Namespace(json=as_json, interpreter=None)) == status
        assert ("gone" in capsys.readouterr().out) == bool(status)


def test_help():
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--help"])
    assert ended.value.code == 0


# --- Jupyter's extensions


def configure(name, content):
    folder = Path(os.environ["JUPYTER_CONFIG_DIR"])
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def test_server_extension_by_configuration(monkeypatch, tmp_path):
    monkeypatch.setattr(installed, "jupyter_config_path", lambda: [str(tmp_path)])
    assert installed.server_extension().text == "not known to this Jupyter"
    for value, state in ((True, "ok"), (False, "problem")):
        (tmp_path / "jupyter_server_config.d").mkdir(exist_ok=True)
        text = json.dumps({"ServerApp": {"jpserver_extensions": {"jupyter_sc2": value}}})
        (tmp_path / "jupyter_server_config.d" / "sc2.json").write_text(text)
        assert installed.server_extension().state == state
    assert "jupyter server extension enable jupyter_sc2" in installed.server_extension().advice


def test_lab_extension(monkeypatch, tmp_path):
    assert installed.lab_extension().state == "ok"
    configure("labconfig/page_config.json", {"disabledExtensions": {"jupyter-sc2:chat": True}})
    assert (installed.lab_extension().state, "jupyter-sc2:chat" in installed.lab_extension().text) == ("warn", True)
    configure("labconfig/page_config.json", {"disabledExtensions": {"jupyter-sc2": True}})
    assert "jupyter labextension enable jupyter-sc2" in installed.lab_extension().advice
    configure("labconfig/page_config.json", {})
    monkeypatch.setattr(installed, "__version__", "9.9.9")
    assert "9.9.9" in installed.lab_extension().text
    monkeypatch.setattr(installed, "jupyter_path", lambda *parts: [str(tmp_path)])
    assert installed.lab_extension().text == "not found"


# --- The model's Python


def script(tmp_path, text):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("echo 'No module named jupyter_sc2' >&2; exit 1", "ended with status 1: No module named jupyter_sc2"),
        ("echo hello", "ended with status 0: no word"),
        ("exec sleep 60", "did not answer"),
    ],
)
def test_a_python_that_does_not_answer(tmp_path, monkeypatch, text, says):
    monkeypatch.setattr(interpreter, "PATIENCE", 0.5)
    asked = interpreter.ask(script(tmp_path, text))
    check = computing.engine(asked, "python")
    assert (asked.probe, check.state) == (None, "problem")
    assert says in check.text
    assert "Sc2App.interpreter" in check.advice


def test_a_python_that_is_not_there(tmp_path):
    assert "cannot be started" in interpreter.ask(str(tmp_path / "absent")).trouble


def test_what_else_a_python_prints_is_passed_over(tmp_path):
    encoded = msgspec.json.encode(PROBE).decode()
    assert interpreter.ask(script(tmp_path, f"echo 'a warning'; echo '{encoded}'")).probe == PROBE


@pytest.mark.parametrize(
    ("changes", "gpu", "expected"),
    [
        ({}, False, {"model's Python": "ok", "processor": "ok"}),
        ({"few_bits": False, "instructions": "DEFAULT"}, False, {"model's Python": "ok", "processor": "warn"}),
        ({"gpus": ["NVIDIA L4"]}, True, {"model's Python": "ok", "processor": "ok", "GPU": "ok"}),
        ({}, True, {"model's Python": "ok", "processor": "ok", "GPU": "warn"}),
        ({"cuda": ""}, True, {"model's Python": "ok", "processor": "ok", "GPU": "warn"}),
        ({"jupyter_sc2": "0.0.1"}, False, {"model's Python": "problem", "processor": "ok"}),
        ({"instructions": "", "trouble": "torch cannot be loaded."}, True, {"model's Python": "problem"}),
        ({"few_bits": False, "trouble": "llvmlite ..."}, False, {"model's Python": "warn", "processor": "ok"}),
    ],
)
def test_what_can_compute(changes, gpu, expected):
    asked = Asked(msgspec.structs.replace(PROBE, **changes), "")
    found = states(computing.computing(asked, "python", machine(), machine(gpu=gpu).devices))
    assert found == {**expected, "memory": "ok"}


def test_too_little_memory_even_for_the_built_in_weights():
    check = computing.memory(machine(free=0.3))
    assert (check.state, "even the built-in weights need 0.4 GB" in check.text) == ("problem", True)


# --- Disk


def test_folders(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_bytes(b"x" * 1000)
    (tmp_path / "full" / "link").symlink_to(tmp_path)
    found = folders.look("data", tmp_path / "full", count=True)
    assert (found.exists, found.writable, 1000 <= found.bytes < 2000) == (True, True, True)
    assert storage.folder(found).state == "ok"
    below_a_file = folders.look("data", tmp_path / "full" / "a" / "b", count=True)
    assert (below_a_file.exists, below_a_file.writable, below_a_file.bytes) == (False, False, 0)
    assert storage.folder(below_a_file).state == "problem"
    assert storage.folder(msgspec.structs.replace(below_a_file, name="library tables")).state == "warn"


def test_converted_copies(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "copies_folder", lambda: str(tmp_path / "converted"))
    assert folders.copies() == []
    for name, manifest in (("a-int4-1", '{"precision": "int4"}'), ("b-int8-1.x", None)):
        (tmp_path / "converted" / name).mkdir(parents=True)
        (tmp_path / "converted" / name / "model.safetensors").write_bytes(b"x" * 100)
        if manifest:
            (tmp_path / "converted" / name / "copy.json").write_text(manifest)
    assert [(copy.name, copy.precision) for copy in folders.copies()] == [("a-int4-1", "int4"), ("b-int8-1.x", "")]
    assert folders.copies()[1].bytes == 100


def test_little_disk():
    check = storage.disk(machine(disk=5))
    assert (check.state, "HF_HOME" in check.advice) == ("warn", True)
    assert storage.disk(machine()).state == "ok"


def test_damaged_built_in_weights(monkeypatch, tmp_path):
    assert storage.built_in().state == "ok"
    folder = tmp_path / "built-in"
    folder.mkdir()
    source = Path(jupyter_sc2.__file__).parent / "data" / BUILT_IN
    (folder / "SHA256SUMS").write_text((source / "SHA256SUMS").read_text())
    (folder / "model.safetensors").write_bytes(b"x")
    monkeypatch.setattr(storage, "locate", lambda weights: folder)
    assert (storage.built_in().state, "damaged" in storage.built_in().text) == ("problem", True)


def test_a_download_that_lost_a_file(tmp_path):
    weights, path = "bigcode/starcoder2-3b", tmp_path / "config.json"
    path.write_text("{}")
    record = records.Record(
        weights, "2" * 40, str(tmp_path), {"config.json": records.Kept("0" * 64, 2, "1" * 40)}, "", "2026-01-01"
    )
    assert storage.downloaded() == []
    kept.write(records.path_of(weights), record)
    assert [check.state for check in storage.downloaded()] == ["ok"]
    path.unlink()
    (check,) = storage.downloaded()
    assert (check.state, f"jupyter sc2 models download {weights}" in check.advice) == ("problem", True)


# --- Environment and network


def test_addresses_lose_their_secrets():
    assert address("http://a:b@h:1/p?t=1#f") == "http://h:1/p"
    assert address("a:b@h:1") == "h:1"
    assert address("https://hub.example/x") == "https://hub.example/x"
    assert environment({"https_proxy": "http://h:1", "HF_HOME": "/x\x1b[2J"}) == {
        "HF_HOME": "/x [2J", "HTTPS_PROXY": "http://h:1", "HF_TOKEN": "not set",
    }  # fmt: skip
    assert environment({"HUGGING_FACE_HUB_TOKEN": "x"})["HF_TOKEN"] == "set"


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({}, "ok"), ({"HF_ENDPOINT": "https://mirror.example"}, "ok"), ({"HF_ENDPOINT": "mirror.example"}, "problem"),
        ({"HF_HUB_OFFLINE": "1"}, "warn"), ({"HF_HUB_OFFLINE": "0"}, "ok"), ({"HF_HUB_OFFLINE": "yes"}, "warn"),
    ],
)  # fmt: skip
def test_whether_anything_can_be_fetched(variables, state):
    assert [check.state for check in network.network(variables)] == [state]


# --- Choices and licences


def roles_and_checks():
    configuration = configured()
    found, answers = choices.roles(configuration), choices.licences(configuration)
    return {role.role: role for role in found}, choices.choices(configuration, found, answers)


def test_without_configuration_the_built_in_weights_answer():
    assert configured() == Configured()
    roles, checks = roles_and_checks()
    assert {(role.weights, role.source) for role in roles.values()} == {(BUILT_IN, "default")}
    assert states(checks) == {"ghost, magic, chat": "ok"}


def test_the_configuration_pins(weights_folder):
    mine = {"weights": "built-in", "roles": {"chat": str(weights_folder)}, "precision": "int8", "device": "cuda"}
    configure("jupyter_server_config.json", {"Sc2App": mine})
    configure("jupyter_sc2_config.py", "c.Sc2App.device = 'cpu'\nc.Sc2App.interpreter = '/opt/python'")
    assert configured().interpreter == "/opt/python"
    roles, checks = roles_and_checks()
    chat = roles["chat"]
    assert (chat.weights, chat.precision, chat.device, chat.source) == (
        str(weights_folder),
        "int8",
        "cpu",
        "configuration",
    )
    assert states(checks) == {"ghost, magic": "ok", "chat": "ok"}


def test_a_configuration_that_cannot_be_read():
    configure("jupyter_server_config.py", "1 / 0")
    _, checks = roles_and_checks()
    assert (checks[0].state, "ZeroDivisionError" in checks[0].text) == ("problem", True)


def test_chosen_weights_that_are_gone_or_not_allowed():
    choice = KeptChoices(folders.data_folder())
    choice.keep("ghost", ChooseWeights("me/mine", precision="int4"))
    roles, checks = roles_and_checks()
    assert (roles["ghost"].weights, roles["ghost"].source) == ("me/mine", "chosen")
    assert checks[0].state == "problem"
    assert "me/mine is not downloaded" in checks[0].text
    configure("jupyter_server_config.json", {"Sc2App": {"allowed_weights": ["built-in"]}})
    assert roles_and_checks()[0]["ghost"].weights == "built-in"


def test_a_damaged_choice_is_told_and_left_alone():
    path = folders.data_folder() / "choice.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    _, checks = roles_and_checks()
    assert states(checks)["choice of weights"] == "warn"
    assert path.read_text() == "{"


def test_weights_whose_terms_nobody_accepted():
    KeptChoices(folders.data_folder()).keep("magic", ChooseWeights("bigcode/starcoder2-3b"))
    terms = "bigcode-openrail-m"
    _, checks = roles_and_checks()
    problem = next(check for check in checks if check.name == "magic")
    assert (problem.state, "not accepted" in problem.text, terms in problem.advice) == ("problem", True, True)
    version = Acceptances(folders.data_folder()).licence(terms).version
    Acceptances(folders.data_folder()).accept(terms, version, "ada")
    _, checks = roles_and_checks()
    assert "is not downloaded" in next(check for check in checks if check.name == "magic").text
    assert [(a.state, a.who) for a in choices.licences(Configured())] == [("accepted", "ada")]


def test_licences_by_an_administrator_and_refused():
    assert choices.licences(Configured())[0].state == "not answered"
    assert choices.licences(Configured(licences_accepted_by="root"))[0].who == "root"
    acceptances = Acceptances(folders.data_folder())
    acceptances.refuse("bigcode-openrail-m", acceptances.licence("bigcode-openrail-m").version, "ada")
    assert choices.licences(Configured(licences_accepted_by="root"))[0].state == "refused"
