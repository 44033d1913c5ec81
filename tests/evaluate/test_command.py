"""The whole command with the built-in weights."""

import json
import shutil

import pytest
from evaluate.notebooks import notebook, write

from jupyter_sc2 import catalog, cli
from jupyter_sc2.evaluate import runs as runs_room
from jupyter_sc2.licences import OPENRAIL_M, TERMS, Acceptances
from jupyter_sc2.notebook import ARMS
from jupyter_sc2.tune.export import write_sums

NAMES = ["wing", "tail", "beak", "claw", "nest", "song", "eye", "egg"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "mine"
    made.mkdir()
    write(made / "a.ipynb")
    write(made / "b.ipynb", notebook([("markdown", "Numbers"), ("code", "x = 1\ny = x + 1\nprint(x, y)")]))
    write(made / "c.ipynb", "{")
    return made


def test_scores_are_printed_and_written(folder, tmp_path, capsys):
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("json", "jsonl", "svg")}
    command = ["evaluate", str(folder), "--max-holes", "2", "--json", str(paths["json"])]
    assert cli.main([*command, "--samples", str(paths["jsonl"]), "--picture", str(paths["svg"])]) == 0
    out, err = capsys.readouterr()
    assert "rest_of_line" in out
    assert "first text after" in out
    assert "mine/c.ipynb" in err
    made = json.loads(paths["json"].read_text("utf-8"))
    assert made["tasks"].keys() == {"rest_of_line", "next_line", "block", "cell"}
    for scores in made["tasks"].values():
        assert scores["n"] == 2
        assert 0 <= scores["exact_match"] <= scores["useful_prefix"] <= 1
        low, high = scores["ci95"]["edit_similarity"]
        assert low <= scores["edit_similarity"] <= high
    assert made["latency_ms"]["p50"] <= made["latency_ms"]["p95"]
    assert (made["weights"], made["arm"], made["seed"], made["files"]) == ("built-in", "order_snapshot", 0, 2)
    assert (made["read"], made["skipped"], made["alone"]) == (2, 1, False)
    assert {"torch", "jupyter_sc2"} <= made["versions"].keys()
    lines = [json.loads(line) for line in paths["jsonl"].read_text("utf-8").splitlines()]
    assert len(lines) == 8
    assert all(line["hidden"] for line in lines)
    assert "<svg" in paths["svg"].read_text("utf-8")


def test_all_arms_at_two_budgets(folder, tmp_path, capsys):
    path = tmp_path / "out.json"
    budgets = ["--prompt-ids", "128", "--prompt-ids", "512"]
    assert cli.main(["evaluate", str(folder), "--max-holes", "1", "--ablate", *budgets, "--json", str(path)]) == 0
    made = json.loads(path.read_text("utf-8"))["budgets"]
    assert made.keys() == {"128", "512"}
    assert made["128"]["arms"].keys() == ARMS.keys()
    assert made["128"]["differences"].keys() == {
        "order_snapshot-document", "document-cell", "order-document", "snapshot-document",
    }  # fmt: skip
    pooled = made["512"]["differences"]["document-cell"]["pooled"]
    assert pooled.keys() == {"exact_match", "edit_similarity", "useful_prefix"}
    assert pooled["exact_match"]["n"] == 4
    assert made["128"]["arms"]["document"]["prompt_ids_sent"]["p95"] <= 128
    assert "order_snapshot-document" in capsys.readouterr().out


def test_two_arms_beside_each_other(folder, capsys):
    assert (
        cli.main(
            ["evaluate", str(folder / "b.ipynb"), "--max-holes", "1", "--arm", "document", "--against-arm", "cell"]
        )
        == 0
    )
    assert "document-cell" in capsys.readouterr().out


def test_notebooks_of_one_folder_stand_beside_each_other(tmp_path, capsys):
    """Weights that say what they read there: half of one notebook's lines stand in the other, too few for a copy."""
    weights = shutil.copytree(catalog.locate(catalog.BUILT_IN), tmp_path / "weights")
    config = json.loads((weights / "config.json").read_text())
    config["jupyter_sc2_second_voice"] = {"library": [0.0], "prompt": [0.0], "notebooks": [0.0, 0.95]}
    (weights / "config.json").write_text(json.dumps(config))
    write_sums(weights)
    lines = [f"{name}_{name} = zorble.{name}(quix, 'f{name}', {number})" for number, name in enumerate(NAMES)]
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine" / "a.ipynb", notebook([("code", line) for line in lines]))
    write(tmp_path / "mine" / "b.ipynb", notebook([("code", line) for line in lines[::2]] + [("code", "x = 1\n" * 9)]))
    write(tmp_path / "mine" / "c.py", "\n".join(lines))
    exact = {}
    for more in ((), ("--alone",)):
        path = tmp_path / "out.json"
        command = ["evaluate", str(tmp_path / "mine"), "--max-holes", "24", "--weights", str(weights)]
        assert cli.main([*command, "--quiet", "--json", str(path), *more]) == 0
        made = json.loads(path.read_text("utf-8"))
        exact[made["alone"]] = made["tasks"]["rest_of_line"]["exact_match"]
    assert exact[False] > exact[True]


def test_an_interrupted_run_shows_what_there_is(folder, monkeypatch, capsys):
    asked = []
    ask_one = runs_room._ask_one

    async def interrupted(*args):
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append(args)
        await ask_one(*args)

    monkeypatch.setattr(runs_room, "_ask_one", interrupted)
    assert cli.main(["evaluate", str(folder)]) == 130
    out, err = capsys.readouterr()
    assert "Interrupted after 3 of" in err
    assert "first text after" in out


def test_weights_under_a_licence_are_not_loaded_before_it_is_accepted(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    weights = shutil.copytree(catalog.locate(catalog.BUILT_IN), tmp_path / "weights")
    (weights / "README.md").write_text("---\nbase_model: bigcode/starcoder2-3b\n---\n")
    command = ["evaluate", str(folder), "--max-holes", "1", "--quiet", "--weights", str(weights)]
    assert cli.main(command) == 2
    assert "has not been accepted here yet" in capsys.readouterr().err
    terms = TERMS[OPENRAIL_M]
    Acceptances(tmp_path / "data" / "sc2").accept(terms.id, terms.version, "Ada")
    assert cli.main(command) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{none}"], "There is no file or folder"),
        (["{empty}"], "There is no notebook (.ipynb) or Python file (.py) to read."),
        (["{folder}/c.ipynb"], "1 could not be read; the first is c.ipynb: not a notebook of format 4."),
        (["{folder}", "--arm", "best"], "There is no arm best; the arms are cell, document,"),
        (["{folder}", "--weights", "{none}"], "config.json is missing."),
        (["{folder}", "--against", "{none}"], "config.json is missing."),
        (["{folder}", "--prompt-ids", "1"], "--prompt-ids must be 64 to"),
        (["{folder}", "--prompt-ids", "99", "--prompt-ids", "98"], "with --ablate only."),
        (["{folder}", "--picture", "x.pdf"], "an .svg or a .png file; x.pdf is neither."),
        (["{folder}", "--json", "{none}/x.json"], "to write x.json into."),
        (["{empty}/x.py"], "The files have no line of code that could be hidden."),
    ],
)
def test_mistakes_are_answered_in_a_sentence(folder, tmp_path, capsys, arguments, sentence):
    empty = tmp_path / "empty"
    empty.mkdir()
    if arguments == ["{empty}/x.py"]:
        write(empty / "x.py", "# nothing\n")
    names = {"folder": folder, "none": tmp_path / "none", "empty": empty}
    assert cli.main(["evaluate", *(argument.format(**names) for argument in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
