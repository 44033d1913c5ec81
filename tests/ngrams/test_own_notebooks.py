"""Tables of what stands beside notebooks, built by the real child process while others are being used."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_sc2.ngrams import Ngrams, own
from jupyter_sc2.ngrams.own import OwnNotebooks


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "b.py").write_text("measure_wing(bird)")
    return tmp_path / "root"


@pytest.fixture
def notebooks(tokenizer, monkeypatch):
    monkeypatch.setattr(own, "LOOK_SECONDS", 0.1)
    made = OwnNotebooks(tokenizer)
    yield made
    made.close()


def until(condition: Callable[[], object], seconds: float = 50.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def text_of(table: str, tokenizer) -> str:
    return tokenizer.decode(Ngrams.open(Path(table)).backwards[::-1].tolist())


def test_a_table_comes_later_and_is_private(root, notebooks, tokenizer) -> None:
    begun = time.monotonic()
    assert notebooks.of(str(root), "a.ipynb") == ""
    assert time.monotonic() - begun < 0.2, "never waits"
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    table = Path(notebooks.of(str(root), "a.ipynb"))
    assert text_of(str(table), tokenizer) == "<file_sep>measure_wing(bird)\n\n"
    assert table.parent.name.startswith("jupyter-sc2-")
    assert stat.S_IMODE(table.parent.stat().st_mode) == 0o700


def test_what_changed_is_read_again_and_the_old_table_goes(root, notebooks, tokenizer) -> None:
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    old = notebooks.of(str(root), "a.ipynb")
    (root / "b.py").write_text("measure_tail(bird)")
    seen = []
    until(lambda: seen.append(notebooks.of(str(root), "a.ipynb")) or seen[-1] != old)
    assert "" not in seen, "the old one is used until the new one is there"
    assert "measure_tail" in text_of(seen[-1], tokenizer)
    until(lambda: not Path(old).exists())


def test_nothing_is_built_while_nothing_changes(root, notebooks) -> None:
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    table = notebooks.of(str(root), "a.ipynb")
    kept = notebooks._kept[str(root), "a.ipynb"]
    first = kept.looked
    until(lambda: notebooks.of(str(root), "a.ipynb") and kept.looked > first + 0.3)
    assert notebooks.of(str(root), "a.ipynb") == table
    assert [path.name for path in Path(table).parent.iterdir()] == ["0.npy"]


def test_looks_are_rare(root, notebooks, monkeypatch) -> None:
    monkeypatch.setattr(own, "LOOK_SECONDS", 1000.0)
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    table = notebooks.of(str(root), "a.ipynb")
    (root / "b.py").write_text("measure_tail(bird)")
    time.sleep(0.3)
    assert notebooks.of(str(root), "a.ipynb") == table
    assert notebooks._wanted.empty()


def test_of_a_folder_that_goes_nothing_is_kept(root, notebooks) -> None:
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    table = Path(notebooks.of(str(root), "a.ipynb"))
    root.rename(root.parent / "elsewhere")
    until(lambda: notebooks.of(str(root), "a.ipynb") == "")
    until(lambda: not table.exists())


def test_few_tables_are_kept_at_a_time(root, notebooks, monkeypatch) -> None:
    monkeypatch.setattr(own, "MAX_NOTEBOOKS", 2)
    tables = {}
    for name in ("a.ipynb", "c.ipynb", "a.ipynb", "d.ipynb"):
        until(lambda name=name: notebooks.of(str(root), name))
        tables[name] = Path(notebooks.of(str(root), name))
    assert [name for name, table in tables.items() if table.exists()] == ["a.ipynb", "d.ipynb"]
    assert [path for _, path in notebooks._kept] == ["a.ipynb", "d.ipynb"]


def test_a_full_queue_is_asked_again_later(root, notebooks) -> None:
    for _ in range(own.MAX_NOTEBOOKS):
        notebooks._wanted.put(("", ""))
    assert notebooks.of(str(root), "a.ipynb") == ""
    assert notebooks._builder is None
    while not notebooks._wanted.empty():
        notebooks._wanted.get()
    until(lambda: notebooks.of(str(root), "a.ipynb"))


@pytest.mark.parametrize(("root_given", "path"), [("", "a.ipynb"), ("{root}", ""), ("{root}", ".hidden/a.ipynb")])
def test_where_nothing_is_read(root, notebooks, root_given: str, path: str) -> None:
    assert notebooks.of(root_given.format(root=root), path) == ""
    assert notebooks._builder is None


def test_after_the_end_nothing_is_left(root, notebooks) -> None:
    until(lambda: notebooks.of(str(root), "a.ipynb"))
    table = Path(notebooks.of(str(root), "a.ipynb"))
    notebooks.close()
    assert not table.parent.exists()
    assert notebooks.of(str(root), "a.ipynb") == ""
    assert not notebooks._builder.is_alive()


def test_the_end_may_come_while_a_table_is_being_built(root, notebooks) -> None:
    notebooks.of(str(root), "a.ipynb")
    until(lambda: notebooks._child is not None)
    notebooks.close()
    assert not Path(notebooks._folder.name).exists()
    assert notebooks._child.returncode is not None


def test_a_child_that_cannot_be_started_is_no_failure(root, notebooks, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(own.sys, "executable", str(root / "none"))
        assert notebooks.of(str(root), "a.ipynb") == ""
        until(lambda: notebooks._folder is not None and notebooks._wanted.empty())
        time.sleep(0.2)
    until(lambda: notebooks.of(str(root), "a.ipynb"))


def test_names_like_options_are_names(root, notebooks) -> None:
    (root / "-h").mkdir()
    (root / "-h" / "b.py").write_text("x = 1")
    until(lambda: notebooks.of(str(root), "-h/--table=.ipynb"))
