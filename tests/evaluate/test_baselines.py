"""The baselines at holes, and beside weights in the whole command."""

import json
import shutil

import numpy as np
import pytest
from evaluate.notebooks import notebook, write

from jupyter_sc2 import catalog, cli
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.evaluate.baselines import kneser_ney, load
from jupyter_sc2.evaluate.documents import Document, Output, source_cell
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.tokenizer import Tokenizer

TRAINING = "import numpy as np\n\ndata = np.zeros((3, 4))\nprint(data.shape)\n\n" * 20


def hole(*cells, task="rest_of_line", language="python"):
    """What is hidden stands between « and ».  Code cells; text cells begin with #."""
    at = next(i for i, cell in enumerate(cells) if "«" in cell)
    start, end = cells[at].index("«"), cells[at].index("»") - 1
    sources = [cell.replace("«", "").replace("»", "") for cell in cells]
    kinds = ["markdown" if source.startswith("# ") else "code" for source in sources]
    made = [source_cell(str(i), *cell) for i, cell in enumerate(zip(kinds, sources, strict=True))]
    return Hole(task, Document("a.ipynb", tuple(made), language, (Output(),) * len(made)), at, start, end)


def hidden_otherwise(asked):
    """The same hole with other text in it."""
    cells = list(asked.document.cells)
    source = cells[asked.cell].source
    cells[asked.cell] = source_cell("x", "code", source[: asked.start] + "other(text)\n" + source[asked.end :])
    document = Document("a.ipynb", tuple(cells), asked.document.language, asked.document.outputs)
    return Hole(asked.task, document, asked.cell, asked.start, asked.start + len("other(text)\n"))


@pytest.fixture
def work(tmp_path):
    """A folder as training leaves it."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(catalog.find("built-in").tokenizer_path, folder / "tokenizer.json")
    ids = Tokenizer(folder / "tokenizer.json").encode(TRAINING)
    np.save(folder / "train_2048.npy", np.array([[6, *ids]], np.uint16))
    return folder


@pytest.mark.parametrize(
    ("cells", "suggested"),
    [
        (["alpha = load('a.csv')\nbeta = 3", "alpha = l«oad('b.csv')»"], "oad('a.csv')"),
        (["# alpha = load(text)", "alpha = l«oad('b.csv')»"], ""),
        (["alpha = l«oad('b.csv')»\nz = 1", "    alpha = load('c.csv')"], "oad('c.csv')"),
        (["f(1, 2)", "first()\nf(3, 4)", "second()\nf(5, 6)", "first()\nf(«9)»"], "3, 4)"),
        (["f(1, 2)", "f(3, 4)", "x = 1\nf(«9)»"], "3, 4)"),
    ],
)
def test_the_rest_of_the_most_similar_line_is_copied(cells, suggested):
    assert load("copy-line", None).suggest(hole(*cells)).text == suggested


def test_on_a_fresh_line_what_followed_the_most_similar_line_is_copied():
    asked = hole("ax.plot(a)\nax.legend()\nfig.show()", "ax.plot(b)\n«fig.save()»", task="next_line")
    assert load("copy-line", None).suggest(asked).text == "ax.legend()"


def test_lines_of_the_folder_count_as_above():
    asked = hole("f(1, 2)", "x = 1\nf(«9)»")
    code = (source_cell("c", "code", "x = 1\nf(3, 4)"),)
    siblings = [asked.document, Document("b", code, group="b"), Document("elsewhere/c", code, group="c")]
    assert load("copy-line-beside", None, siblings).suggest(asked).text == "3, 4)", "the line before is the same"
    assert load("copy-line-beside", None, siblings[::2]).suggest(asked).text == "1, 2)"
    assert load("copy-line", None, siblings).suggest(asked).text == "1, 2)"


def test_jedi_completes_a_name():
    jedi = load("jedi", None)
    assert jedi.suggest(hole("radius_of_circle = 3", "print(radius_«of_circle)»")).text == "of_circle"
    assert jedi.suggest(hole("import math", "math.sq«rt(2)»")).text == "rt"
    assert jedi.suggest(hole("x = 1\n«y = 2»", task="next_line")).text == ""
    assert jedi.suggest(hole("radius = 3\nprint(rad«ius)»", language="r")).text == ""


def test_the_n_gram_model_goes_on_as_its_text_and_as_the_document(work):
    model = load("kneser-ney", work)
    assert model.suggest(hole("data = np.ze«ros(3)»")).text == "ros((3, 4))"
    cell = "wobble_the_widget(first_widget, twice)\n"
    assert model.suggest(hole(cell * 9, "wobble_the_wid«get(x)»")).text == "get(first_widget, twice)"


def test_counts_are_saved_until_the_rows_change(work, monkeypatch):
    first = load("kneser-ney", work)
    monkeypatch.setattr(kneser_ney, "_count_rows", None)
    again = load("kneser-ney", work)
    history = first.tokenizer.encode("data = np")
    assert (again.model.probabilities(history) == first.model.probabilities(history)).all()


def test_words_are_spelled_as_the_engine_does(work):
    model = load("kneser-ney", work)
    for text in ("ze", " unfathomable", "é", "    "):
        assert set(np.flatnonzero(model.spells(text.encode()))) == set(Speller(model.tokenizer, text).allowed())


@pytest.mark.parametrize("name", ["kneser-ney", "copy-line", "copy-line-beside", "jedi"])
@pytest.mark.parametrize("task", ["rest_of_line", "next_line", "block", "cell"])
def test_no_baseline_sees_what_is_hidden(name, task, work):
    baseline = load(name, work)
    first = "def f(data):\n    return np.ones(data)\n"
    cells = [first, "x = f(1)\nprint(«x, secret_name_of_mine)\nsecret_name_of_mine()»\nf(x)", "print(x)"]
    asked = hole(*cells, task=task)
    answer = baseline.suggest(asked)
    assert answer == baseline.suggest(hidden_otherwise(asked))
    assert "secret" not in answer.text


def test_weights_are_compared_with_all_baselines(work, tmp_path, capsys):
    write(tmp_path / "a.ipynb", notebook([("code", "data = np.zeros(3)\nprint(data.shape)\nprint(data)")]))
    baselines = [part for name in ("kneser-ney", "copy-line", "jedi") for part in ("--against", name)]
    path = tmp_path / "out.json"
    command = ["evaluate", str(tmp_path / "a.ipynb"), "--max-holes", "2", *baselines, "--work", str(work)]
    assert cli.main([*command, "--json", str(path)]) == 0
    made = json.loads(path.read_text("utf-8"))
    assert made["reports"].keys() == {"built-in", "kneser-ney", "copy-line", "jedi"}
    assert made["differences"].keys() == {"built-in-kneser-ney", "built-in-copy-line", "built-in-jedi"}
    assert {report["tasks"]["rest_of_line"]["n"] for report in made["reports"].values()} == {2}
    assert "built-in-jedi, in points of 100" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--against", "kneser-ney"], "kneser-ney needs --work FOLDER"),
        (["--against", "kneser-ney", "--work", "{none}"], "has no train_2048.npy to count"),
        (["--weights", "copy-line", "--ablate"], "copy-line is a baseline and has no arms to compare."),
    ],
)
def test_mistakes_are_answered_in_a_sentence(tmp_path, capsys, arguments, sentence):
    write(tmp_path / "a.ipynb")
    none = tmp_path / "none"
    command = ["evaluate", str(tmp_path / "a.ipynb"), *(argument.format(none=none) for argument in arguments)]
    assert cli.main(command) == 2
    assert sentence in capsys.readouterr().err


def test_without_jedi_the_command_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(__import__("sys").modules, "jedi", None)
    assert cli.main(["evaluate", str(write(tmp_path / "a.ipynb")), "--against", "jedi"]) == 2
    assert "The baseline jedi needs a package: pip install jedi." in capsys.readouterr().err
