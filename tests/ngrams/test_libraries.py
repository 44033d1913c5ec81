"""Tables of installed libraries: which files, where they are kept, and that nothing of a library runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from supervised import gone

from jupyter_sc2 import catalog
from jupyter_sc2.ngrams import Libraries, library, sources
from jupyter_sc2.tokenizer import Tokenizer

TEXT = "def measure_wing(bird):\n    return bird.wing_span\n"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(catalog.find(catalog.BUILT_IN).tokenizer_path)


@pytest.fixture
def site_packages(tmp_path, monkeypatch) -> Path:
    """A folder of installed packages with one, `birds`, that must not run."""
    folder = tmp_path / "site-packages"
    (folder / "birds" / "tests").mkdir(parents=True)
    (folder / "birds" / "__init__.py").write_text("raise SystemExit('this ran')\n")
    (folder / "birds" / "wings.py").write_text(TEXT)
    (folder / "birds" / "tests" / "test_wings.py").write_text("assert False\n")
    (folder / "birds" / "table.py").write_text("x = 1\n" * 100_000)
    monkeypatch.setattr(sources, "_folders", lambda: [str(folder)])
    return folder


def test_source_files(site_packages) -> None:
    root = sources.installed("birds")
    assert root == site_packages / "birds"
    assert [path.name for path in sources.source_files(root)] == ["__init__.py", "wings.py"]


@pytest.mark.parametrize("name", ["os", "json", "no_such_library", "..", "", "birds.wings", "-h"])
def test_what_is_no_installed_library(name: str, site_packages) -> None:
    assert sources.installed(name) is None


def test_a_file_in_the_working_folder_is_no_library(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sources.installed("mine") is None


def test_a_table_knows_what_the_library_says(site_packages, tokenizer, tmp_path) -> None:
    path = library.build("birds", tokenizer, tmp_path / "tables")
    assert path is not None
    [table] = Libraries(tokenizer, tmp_path / "tables").of(["birds", "os"])
    ids = tokenizer.encode(TEXT)
    found = table.longest(ids[:8])
    assert found is not None
    assert found.ids.tolist() == [ids[8]]
    assert found.length >= 8


def test_a_new_version_replaces_the_old_table(site_packages, tokenizer, tmp_path) -> None:
    first = library.build("birds", tokenizer, tmp_path)
    assert library.build("birds", tokenizer, tmp_path) == first
    (site_packages / "birds" / "wings.py").write_text(TEXT + "\nx = 1\n")
    second = library.build("birds", tokenizer, tmp_path)
    assert second != first
    assert list(tmp_path.glob("*.npy")) == [second]


def test_few_tables_are_kept(site_packages, tokenizer, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(library, "MAX_TABLES", 2)
    for name in ("one", "two", "three"):
        (site_packages / f"{name}.py").write_text(TEXT)
        library.build(name, tokenizer, tmp_path)
        time.sleep(0.02)
    assert sorted(path.name.partition("-")[0] for path in tmp_path.glob("*.npy")) == ["three", "two"]


def test_a_damaged_table_is_built_anew(site_packages, tokenizer, tmp_path) -> None:
    path = library.build("birds", tokenizer, tmp_path)
    assert path is not None
    path.write_bytes(path.read_bytes()[:200])
    assert Libraries(tokenizer, tmp_path)._opened_now("birds") is None
    assert library.build("birds", tokenizer, tmp_path) == path
    assert Libraries(tokenizer, tmp_path).of(["birds"])


def test_a_missing_table_is_built_beside_the_answers(tokenizer, tmp_path) -> None:
    """For real: a child process, and a library that is installed here."""
    assert "msgspec" in sys.modules
    libraries = Libraries(tokenizer, tmp_path)
    assert libraries.of(["msgspec"]) == []
    end = time.monotonic() + 50
    while not libraries.of(["msgspec"]) and time.monotonic() < end:
        time.sleep(0.1)
    assert len(libraries.of(["msgspec"])) == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]


def test_a_library_that_goes_away_is_no_failure(site_packages, tokenizer, tmp_path, monkeypatch) -> None:
    gone = [site_packages / "birds" / "gone.py"]
    monkeypatch.setattr(library, "source_files", lambda root: gone)
    assert Libraries(tokenizer, tmp_path).of(["birds"]) == []


def test_a_folder_that_cannot_be_written_is_no_failure(tokenizer, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    libraries = Libraries(tokenizer, tmp_path / "file" / "below")
    assert libraries.of(["msgspec"]) == []
    assert libraries.of(["msgspec"]) == []


PARENT = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-m", "jupyter_sc2.ngrams", *sys.argv[1:]]).pid, flush=True)
time.sleep(60)
"""


def test_a_builder_goes_with_its_parent(tokenizer, tmp_path) -> None:
    """A worker or server that is killed leaves no process behind that sorts for minutes."""
    options = ["--tokenizer", str(tokenizer.path), "libraries", "--folder", str(tmp_path), "pandas", "scipy", "sklearn"]
    with subprocess.Popen([sys.executable, "-c", PARENT, *options], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        builder = int(parent.stdout.readline())
        time.sleep(1)
        assert not gone(builder)
        parent.kill()
        killed = time.monotonic()
        while not gone(builder):
            assert time.monotonic() - killed < 5
            time.sleep(0.02)
