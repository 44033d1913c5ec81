"""The measure of requests in words: what checks may ask, what a child may not, the command."""

import asyncio
import json
from collections import Counter
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from jupyter_sc2.evaluate.in_words import command
from jupyter_sc2.evaluate.in_words.drawn import has_bars, has_line, has_points
from jupyter_sc2.evaluate.in_words.execute import Place, job_of
from jupyter_sc2.evaluate.in_words.found import Found, is_in_text
from jupyter_sc2.evaluate.in_words.report import wilson
from jupyter_sc2.evaluate.in_words.request import request
from jupyter_sc2.evaluate.in_words.requests import TOPICS
from jupyter_sc2.evaluate.in_words.same import same
from jupyter_sc2.evaluate.in_words.writer import Writer

FRAME = pd.DataFrame({"town": ["Lom", "Voss"], "mean": [1.5, 2.0]})
COUNT = request("count", "Count the letters of word.", "assert tells(4)", ["word = 'tree'"], {"a/b.txt": "hei"})


def found(text="", *shown, **names):
    return Found(names, {}, list(shown), text)


def judge(*answers, seconds=60):
    """What became of pairs of code and check, all in one child."""
    cells, files = COUNT.cells, COUNT.files
    jobs = [job_of(request("one", "", check, cells, files), code) for code, check in answers]

    async def run():
        with Place() as place:
            return await place.run(jobs, seconds)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2.0], np.array([1.0, 2.0])),
        (pd.Series([1, 2], index=[7, 9]), [1, 2]),
        (np.array([[1], [2]]), [1, 2]),
        (FRAME.set_index("town"), FRAME),
        (FRAME[["mean", "town"]].set_index(pd.Index([5, 3])), FRAME),
        (FRAME.set_index("town")["mean"], {"Voss": 2.0, "Lom": 1.5}),
        ([("Lom", 1.5), ("Voss", 2.0)], {"Lom": 1.5, "Voss": 2.0}),
        (FRAME, {"Lom": 1.5, "Voss": 2.0}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (float("nan"), None),
        ([pd.NaT, pd.Timestamp("2024-01-02")], [None, pd.Timestamp("2024-01-02")]),
        (np.array(["2024-01-02"], "datetime64[ns]"), [pd.Timestamp("2024-01-02")]),
        (np.float32(2), 2),
    ],
)
def test_what_means_the_same_is_the_same(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [2, 1]),
        ([1, 2], [1, 2, 3]),
        ("12", 12),
        (FRAME.rename(columns={"mean": "sum"}), FRAME),
        (FRAME.iloc[::-1], FRAME),
        (FRAME, {"Lom": 1.5}),
        (None, 0),
        (["2024-01-02"], [pd.Timestamp("2024-01-02")]),
        (object(), [1]),
    ],
)
def test_what_means_something_else_is_not_the_same(one, other):
    assert not same(one, other)


def test_a_value_may_have_any_name_or_none():
    assert found(x=FRAME).has([1.5, 2.0])
    assert found(x=(1, FRAME)).has(FRAME)
    assert found("", FRAME.iloc[::-1]).has(FRAME, ordered=False)
    assert not found(x=FRAME).has([2.0, 1.5])
    assert found(x=FRAME.set_index("town")).has_column("town", ["Lom", "Voss"])
    assert not found(x=FRAME).has_column("city", ["Lom", "Voss"])


def test_printed_lines_count_as_pairs():
    assert found("Lom: 1.50\nVoss: 2\n").has_pairs({"Lom": 1.5, "Voss": 2.0})
    assert not found("Lom: 2\nVoss: 1.5").has_pairs({"Lom": 1.5, "Voss": 2.0})
    assert not found("{'Lom': 1.5, 'Voss': 2, 'Bodø': 3}").has_pairs({"Lom": 1.5, "Voss": 2.0})
    assert not found(x={"b": 1, "a": 2}).has_pairs({"a": 2, "b": 1}, ordered=True)


@pytest.mark.parametrize("text", ["p = 0.0123.", "0.012", "1.23e-2", "(0.01234567)"])
def test_a_number_may_be_rounded_in_text(text):
    assert is_in_text(0.01234567, text)


@pytest.mark.parametrize("text", ["0.01", "0.0133", "v0.0123", "10.0123", "0.02"])
def test_another_number_is_not_that_number(text):
    assert not is_in_text(0.01234567, text)


def test_thousands_may_be_separated():
    assert is_in_text(1250.5, "1,250.50 kr")


def test_functions_are_those_that_the_answer_wrote():
    assert found(any_name=lambda n: n * 2).works(lambda f: f(3) == 6)
    old = lambda n: n * 2  # noqa: E731
    assert not Found({"old": old}, {"old": old}, [], "").works(lambda f: f(3) == 6)
    assert not found(fails=lambda: 1 / 0).works(lambda f: f() is None)


def test_figures_are_seen():
    try:
        _, (left, right) = pyplot.subplots(1, 2)
        left.plot([1, 2], [3, 4])
        left.scatter([5, 6], [7, 8])
        right.barh(["a", "b"], [20, 10])
        assert has_line([3, 4], [1, 2])
        assert not has_line([3, 4], is_marked=True)
        assert has_points([6, 5], [8, 7])
        assert has_bars([10, 20])
        right.invert_yaxis()
        assert has_bars([20, 10])
        assert not has_bars([10, 20])
    finally:
        pyplot.close("all")


def test_an_answer_is_run_and_checked(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    answers = {
        "len(word)": "",
        "assert open('a/b.txt').read() == 'hei'\nprint('4 letters')": "",
        "len(word) + 1": "check: assert tells(4)",
        "wrod": "NameError: name 'wrod' is not defined",
        "1 +": "SyntaxError: invalid syntax",
        "x = bytearray(5 << 30)": "MemoryError: ",
        "import os\n4 if 'SECRET_TOKEN' not in os.environ else 5": "",
        "import sys\nsys.exit(4)": "SystemExit: 4",
    }
    found = judge(*((code, COUNT.check) for code in answers), ("", "assert names['y'] == 4"))
    assert found.pop()["reason"] == "check: KeyError at assert names['y'] == 4"
    reasons = [one["reason"].partition(" (")[0] for one in found]
    assert reasons == list(answers.values())
    assert [one["passed"] for one in found] == [not reason for reason in reasons]
    assert [one["ran"] for one in found] == [not reason or reason.startswith("check") for reason in reasons]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os\nos._exit(3)", "It ended with exit status 3."),
        ("import time\ntime.sleep(60)", "It took over 6 s."),
        ("while True:\n    pass", "It took over"),
    ],
)
def test_a_child_that_does_not_come_back_is_ended(code, reason):
    assert judge((code, ""), seconds=30 if "exit" in code else 2).startswith(reason)


SNAPSHOT = {"execution_count": 1, "variables": [{"name": "word", "type": "str", "shape": [4]}]}


def test_the_prompt_is_that_of_the_product():
    writer = Writer("built-in")
    prompt = writer.prompt_for(COUNT, SNAPSHOT)
    text = writer.tokenizer.decode(prompt.ids)
    cell = "<jupyter_code>word = 'tree'<jupyter_output><empty_output>"
    assert text.endswith(f"{cell}<jupyter_text>Count the letters of word.<jupyter_code>")
    assert not prompt.truncated


def test_real_weights_write():
    async def run():
        async with Writer("built-in") as writer:
            return [await writer.write(COUNT, SNAPSHOT) for _ in range(2)]

    first, second = asyncio.run(run())
    assert first == second
    assert isinstance(first, str)


def test_nothing_is_run_without_leave(capsys, monkeypatch):
    monkeypatch.setattr(command.asyncio, "run", lambda _: pytest.fail("something ran"))
    assert command.main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "60 times" in said.err
    assert "--execute" in said.err


class Scripted:
    """Stands for weights: answers as told, where an answer may be an exception."""

    codes: ClassVar[dict[str, object]] = {}
    ready = SimpleNamespace(weights_sha256="0" * 64)

    def __init__(self, weights, threads):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def write(self, request, snapshot):
        assert [variable["name"] for variable in snapshot["variables"]] == ["word"]
        code = self.codes[request.name]
        if isinstance(code, BaseException):
            raise code
        return code


@pytest.fixture
def codes(monkeypatch):
    """The answers to two requests."""
    shout = request("shout", "Make word upper case.", "assert has('TREE')", COUNT.cells)
    monkeypatch.setattr(command, "TOPICS", {"text": (COUNT, shout)})
    monkeypatch.setattr(command, "Writer", Scripted)
    monkeypatch.setattr(Scripted, "codes", {"count": "len(word)", "shout": "word.upper("})
    return Scripted.codes


def test_numbers_are_printed_and_written(codes, tmp_path, capsys):
    paths = [tmp_path / "out.json", tmp_path / "out.jsonl"]
    assert command.main(["--execute", "--json", str(paths[0]), "--samples", str(paths[1])]) == 0
    assert "1 of 2 requests answered: 50.0% (9.5 to 90.5)" in capsys.readouterr().out
    made = json.loads(paths[0].read_text("utf-8"))
    assert (made["n"], made["parsed"], made["ran"], made["passed"]) == (2, 1, 1, 1)
    assert made["by_topic"] == {"text": {"n": 2, "parsed": 1, "ran": 1, "passed": 1}}
    assert made["requests"][1] == {
        "name": "shout", "topic": "text", "passed": False, "reason": "It is not Python.", "code": "word.upper(",
    }  # fmt: skip
    lines = [json.loads(line) for line in paths[1].read_text("utf-8").splitlines()]
    assert [line["words"] for line in lines] == [COUNT.words, "Make word upper case."]


def test_an_interrupted_run_shows_what_there_is(codes, capsys):
    codes["shout"] = KeyboardInterrupt()
    assert command.main(["--execute"]) == 130
    out, err = capsys.readouterr()
    assert "1 of 1 requests answered" in out
    assert "Interrupted after 1 of 2 requests." in err


def test_mistakes_are_answered_in_a_sentence(tmp_path, monkeypatch, capsys):
    assert command.main(["--execute", "--json", str(tmp_path / "none" / "x.json")]) == 2
    assert command.main(["--execute", "--weights", str(tmp_path / "none")]) == 2
    monkeypatch.setattr(command, "LIBRARIES", {"no_such_module": "no-such-package"})
    assert command.main(["--execute"]) == 2
    err = capsys.readouterr().err
    assert "to write x.json into." in err
    assert "config.json is missing." in err
    assert "pip install no-such-package" in err


def test_a_share_has_an_interval_at_both_ends():
    assert wilson(0, 60) == (0.0, pytest.approx(0.0602, abs=1e-3))
    assert wilson(60, 60) == (pytest.approx(0.9398, abs=1e-3), 1.0)
    assert wilson(30, 60) == (pytest.approx(0.3773, abs=1e-3), pytest.approx(0.6227, abs=1e-3))


def test_names_and_words_are_each_their_own():
    every = [one for requests in TOPICS.values() for one in requests]
    assert len({one.name for one in every}) == len({one.words for one in every}) == 60
    assert all(len(one.cells) <= 4 for one in every)
