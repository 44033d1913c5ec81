"""What is read of the files beside a notebook, and what is not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_sc2.ngrams import Ngrams, beside, notebooks
from jupyter_sc2.ngrams.beside import files_beside
from jupyter_sc2.ngrams.notebooks import build, sources_of, table_of
from jupyter_sc2.tokenizer import SPECIAL_ID

KEY = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7"


def notebook(*sources: str, language: str = "python") -> str:
    cells = [{"cell_type": "code", "source": source, "outputs": [{"text": "an output"}]} for source in sources]
    cells.append({"cell_type": "markdown", "source": ["some ", "prose"]})
    return json.dumps({"nbformat": 4, "metadata": {"language_info": {"name": language}}, "cells": cells})


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "root" / "birds").mkdir(parents=True)
    (tmp_path / "secret.py").write_text("x = 1")
    (tmp_path / "root" / "above.py").write_text("x = 1")
    (tmp_path / "root" / "birds" / "a.ipynb").write_text(notebook("own = 1"))
    return tmp_path / "root"


def names(root: Path, path: str = "birds/a.ipynb") -> list[str]:
    return [file.path.name for file in files_beside(root, path)]


def test_notebooks_and_python_files_of_the_folder_the_newest_first(root) -> None:
    for age, name in enumerate(["b.ipynb", "c.py", "d.ipynb", "e.csv", "f"]):
        (root / "birds" / name).write_text("{}")
        os.utime(root / "birds" / name, (1000 - age, 1000 - age))
    assert names(root) == ["b.ipynb", "c.py", "d.ipynb"]
    assert names(root, "/birds/c.py") == ["a.ipynb", "b.ipynb", "d.ipynb"]
    assert names(root, "birds/new.ipynb") == ["a.ipynb", "b.ipynb", "c.py", "d.ipynb"]


def test_what_is_not_read(root) -> None:
    work = root / "birds"
    (work / ".hidden.py").write_text("x = 1")
    (work / ".ipynb_checkpoints").mkdir()
    (work / ".ipynb_checkpoints" / "b.py").write_text("x = 1")
    (work / "folder.py").mkdir()
    (work / "large.py").write_bytes(b"#" * (beside.MAX_BYTES + 1))
    (work / "fits.py").write_bytes(b"#" * beside.MAX_BYTES)
    (work / "out.py").symlink_to(root.parent / "secret.py")
    (work / "hidden.py").symlink_to(work / ".hidden.py")
    (work / "self.ipynb").symlink_to(work / "a.ipynb")
    (work / "gone.py").symlink_to(work / "nowhere.py")
    (work / "loop.py").symlink_to(work / "loop.py")
    os.mkfifo(work / "pipe.py")
    assert names(root) == ["fits.py"]


def test_a_link_within_the_root_is_read_once(root) -> None:
    (root / "birds" / "one.py").symlink_to(root / "above.py")
    (root / "birds" / "two.py").symlink_to(root / "above.py")
    assert names(root) == ["above.py"]


@pytest.mark.parametrize(
    "path",
    ["../a.ipynb", "birds/../../a.ipynb", ".work/a.ipynb", "birds/.a.ipynb", "none/a.ipynb", "out/a.ipynb", "\0"],
)
def test_folders_that_are_not_read(root, path: str) -> None:
    (root / ".work").mkdir()
    (root / ".work" / "b.py").write_text("x = 1")
    (root / "out").symlink_to(root.parent)
    assert files_beside(root, path) == ()
    assert files_beside(root / "none", path) == ()


def test_few_files_are_read(root, monkeypatch) -> None:
    monkeypatch.setattr(beside, "MAX_FILES", 2)
    for age in range(4):
        (root / "birds" / f"{age}.py").write_text("x = 1")
        os.utime(root / "birds" / f"{age}.py", (1000 - age, 1000 - age))
    os.utime(root / "birds" / "a.ipynb", (9, 9))
    assert names(root) == ["0.py", "1.py"]


def test_of_a_notebook_the_code(tmp_path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook("x = 1\n", "%%time\ny = 2"))
    assert sources_of(path) == ["x = 1\n", "%%time\ny = 2"]
    path.write_text("\ufeff" + json.dumps({"cells": [{"cell_type": "code", "source": ["x = 1\n", "y = 2"]}]}))
    assert sources_of(path) == ["x = 1\ny = 2"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}', "[" * 100_000,
     '{"cells": [{"cell_type": "code", "source": "\\ud800"}]}', notebook("x <- 1", language="R")],
)  # fmt: skip
def test_what_is_no_python_notebook(tmp_path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    assert sources_of(tmp_path / "a.ipynb") == []


def test_files_that_cannot_be_read(tmp_path, monkeypatch) -> None:
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'")
    assert sources_of(tmp_path / "latin.py") == sources_of(tmp_path / "none.py") == []
    monkeypatch.setattr(notebooks, "MAX_BYTES", 5)
    (tmp_path / "grown.py").write_text("x = 10")
    assert sources_of(tmp_path / "grown.py") == []


def text_of(table: Ngrams | None, tokenizer) -> str:
    assert table is not None
    return tokenizer.decode(table.backwards[::-1].tolist())


def test_no_match_reaches_from_file_to_file(tokenizer) -> None:
    table = table_of([["first = 1", "second = 2"], ["third = 3\r\n"]], tokenizer)
    assert text_of(table, tokenizer) == "<file_sep>first = 1\n\nsecond = 2\n\n<file_sep>third = 3\n\n\n"
    found = table.longest([SPECIAL_ID["<file_sep>"], *tokenizer.encode("third")])
    assert found is not None
    assert found.length == len(tokenizer.encode("third"))


def test_typed_sentinels_are_text(tokenizer) -> None:
    table = table_of([["'<file_sep>'"]], tokenizer)
    assert table is not None
    assert (table.backwards < 38).sum() == 1


def test_secrets_are_masked(tokenizer) -> None:
    text = text_of(table_of([[f"login('{KEY}')", "x = 1"]], tokenizer), tokenizer)
    assert KEY not in text
    assert text == "<file_sep>login('***')\n\nx = 1\n\n"


def test_a_table_is_bounded(tokenizer, monkeypatch) -> None:
    monkeypatch.setattr(notebooks, "MAX_CHARS", 12)
    files = [["x" * 8], ["y" * 8], ["z" * 4], ["w"], []]
    assert text_of(table_of(files, tokenizer), tokenizer) == f"<file_sep>{'x' * 8}\n\n<file_sep>zzzz\n\n"
    monkeypatch.setattr(notebooks, "MAX_IDS", 2)
    table = table_of(files, tokenizer)
    assert table is not None
    assert len(table) == 2


def test_a_table_is_written_where_something_stands_beside(root, tokenizer, tmp_path) -> None:
    table = tmp_path / "table.npy"
    (root / "birds" / "empty.py").write_text(" \n")
    assert not build(root, "birds/a.ipynb", tokenizer, table)
    assert not table.exists()
    (root / "birds" / "b.ipynb").write_text(notebook("measure_wing(bird)"))
    assert build(root, "birds/a.ipynb", tokenizer, table)
    assert text_of(Ngrams.open(table), tokenizer) == "<file_sep>measure_wing(bird)\n\n"
