"""`jupyter sc2 models` without a server, against a Hub on loopback; `test_models_for_real.py` has a running one."""

import io
import json
from pathlib import Path

import pytest

from jupyter_sc2 import cli
from jupyter_sc2.downloads import records
from jupyter_sc2.downloads.kept import data_folder
from jupyter_sc2.licences import OPENRAIL_M, TERMS, Acceptances
from jupyter_sc2.messages import ChooseWeights
from jupyter_sc2.roles import KeptChoices

BIGCODE, FREE = "bigcode/starcoder2-3b", "somebody/rambler"


class Terminal(io.StringIO):
    """What a person types, at a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def run(weights_hub, capsys, monkeypatch):
    """Status, output and errors of a command; `typed` at a terminal, or None for a script."""

    def run_command(*words, typed=None):
        monkeypatch.setattr("sys.stdin", io.StringIO() if typed is None else Terminal(typed))
        status = cli.main(["models", *words])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return status, told.out, told.err

    return run_command


def kept():
    return {role: choice.weights for role, choice in KeptChoices(data_folder()).read()[0].roles.items()}


def test_the_list(run):
    status, out, _ = run()
    assert status == 0
    assert out == run("list")[1]
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert lines["built-in"].endswith("ghost, magic, chat")
    assert " no " in lines[BIGCODE]
    assert max(map(len, out.splitlines())) < 110
    entries = json.loads(run("list", "--json")[1])["entries"]
    assert [entry["weights"] for entry in entries][:2] == ["built-in", BIGCODE]


def test_what_there_is_to_know(run, quick_rambler):
    _, out, _ = run("show", "BigCode/StarCoder2-3B")
    for words in ("3,030,371,328", "C++", "BigCode OpenRAIL-M v1", "not accepted yet", TERMS[OPENRAIL_M].url, "4 bits"):
        assert words in out
    assert "on disk           yes" in run("show", str(quick_rambler))[1]
    assert "is not downloaded" in run("show", "no/where")[1]


class TestLicence:
    def test_a_script_must_say_so(self, run):
        status, out, err = run("download", BIGCODE)
        assert (status, out) == (1, "")
        assert "has not been accepted here" in err
        assert "--accept-licence" in err
        assert records.find(BIGCODE) is None

    def test_the_terms_come_one_by_one(self, run):
        status, out, err = run("accept", typed="no thanks\n")
        assert (status, "was not accepted; nothing was done." in err) == (1, True)
        lines = out.splitlines()
        marks = [next(i for i, line in enumerate(lines) if line.startswith(f"  ({mark})")) for mark in "abcdefghijklmn"]
        assert marks == sorted(marks)
        assert TERMS[OPENRAIL_M].url in out
        assert run("accept", typed="")[0] == 1
        assert Acceptances(data_folder()).of(OPENRAIL_M) is None
        status, out, _ = run("accept", typed="accept\n")
        told = Acceptances(data_folder()).of(OPENRAIL_M)
        assert (status, told.who in out, told.time in out) == (0, True, True)
        assert "accepted by" in run("accept")[1]

    def test_refused(self, run):
        run("accept", "--accept-licence")
        status, out, _ = run("refuse")
        assert (status, "is refused" in out) == (0, True)
        assert Acceptances(data_folder()).refused(OPENRAIL_M)
        assert run("download", BIGCODE)[0] == 1

    def test_another_licence(self, run):
        assert run("accept", "mit")[0] == 2
        assert run("refuse", "mit")[0] == 2


def test_download_use_and_delete(run, monkeypatch):
    status, out, err = run("download", BIGCODE, "--accept-licence")
    assert status == 0, err
    assert "accepted in the name of" in out
    assert f"models use ghost {BIGCODE}" in out
    assert records.presence(BIGCODE) == "complete"
    status, out, _ = run("use", "ghost", BIGCODE, "--precision", "int8", "--context", "1024")
    assert (status, out) == (0, f"ghost: {BIGCODE} answers in every server that starts from now on.\n")
    assert kept() == {"ghost": BIGCODE}
    assert "answers for       ghost (int8, auto, 1024 token ids)" in run("show", BIGCODE)[1]
    status, _, err = run("delete", BIGCODE, "--yes")
    assert (status, "answers for ghost" in err, "use ghost built-in" in err) == (2, True, True)
    assert run("use", "all", "built-in")[0] == 0
    assert kept() == dict.fromkeys(("ghost", "magic", "chat"), "built-in")
    assert run("delete", BIGCODE)[0] == 2  # nobody to ask
    assert run("delete", BIGCODE, typed="n\n")[0] == 1
    assert records.presence(BIGCODE) == "complete"
    status, out, _ = run("delete", BIGCODE, typed="y\n")
    assert (status, "free again" in out) == (0, True)
    assert records.presence(BIGCODE) == "absent"


def test_an_adapter_that_a_role_has_is_not_deleted(run):
    assert run("download", FREE, "--quiet")[0] == 0
    KeptChoices(data_folder()).keep("chat", ChooseWeights("built-in", FREE))
    config = '{"peft_type": "LORA", "r": 2, "lora_alpha": 2}'
    Path(records.find(FREE).folder, "adapter_config.json").write_text(config)
    status, _, err = run("delete", FREE, "--yes")
    assert (status, "answers for chat" in err) == (2, True)
    assert records.presence(FREE) == "complete"


def test_weights_without_a_licence_need_no_gate(run):
    assert run("download", FREE, "--quiet")[0] == 0
    assert run("use", "chat", FREE)[0] == 0


def test_a_download_that_fails(run, weights_hub):
    weights_hub.fault("api", "status", status=404, headers={"X-Error-Code": "RepoNotFound"})
    status, out, err = run("download", FREE, "--quiet")
    assert (status, out) == (2, "")
    assert "There is no somebody/rambler" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("use", "ghost", "no/where"), "is not downloaded"),
        (("use", "ghost", BIGCODE), "has not been accepted"),
        (("use", "ghost", "/no/such/folder"), "config.json is missing"),
        (("use", "ghost", "built-in", "--context", "99999"), "cannot be chosen"),
        (("use", "ghost", "built-in", "--device", "my gpu"), "cannot be chosen"),
        (("download", "not an id"), "no id of the Hugging Face Hub"),
        (("delete", "no/where", "--yes"), "was not downloaded"),
        (("load", "built-in"), "No Jupyter server"),
        (("idle", "-1"), "from 0 to 10080"),
    ],
)
def test_refusals(run, words, said):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert kept() == {}


def test_how_long_unused_weights_stay(run):
    assert run("idle", "20") == (0, "Unused weights leave the memory after 20 minutes.\n", "")
    assert KeptChoices(data_folder()).read()[0].idle_minutes == 20


def test_what_an_administrator_decided(run, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    (folder / "jupyter_server_config.py").write_text(
        f'c.Sc2App.allowed_weights = ["built-in", "{BIGCODE}"]\n'
        'c.Sc2App.roles = {"chat": "built-in"}\nc.Sc2App.licences_accepted_by = "Ada Admin"\n'
    )
    assert "does not allow" in run("download", FREE)[2]
    assert "set by this server's configuration" in run("use", "chat", "built-in")[2]
    assert run("download", BIGCODE, "--quiet")[0] == 0
    assert "accepted by Ada Admin" in run("show", BIGCODE)[1]
