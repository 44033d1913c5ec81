"""The user's own modules in a prompt: only what the notebook imports, only below the root folder."""

import os

import pytest

from jupyter_sc2.handlers.modules import files_beside, modules_beside
from jupyter_sc2.messages import OpenFile
from jupyter_sc2.notebook import SourceCell


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root" / "work" / "tools").mkdir(parents=True)
    (tmp_path / "secret.py").write_text("x = 1")
    (tmp_path / "root" / "work" / "helper.py").write_text("def load(): pass\r\n")
    (tmp_path / "root" / "work" / "tools" / "__init__.py").write_text("def pack(): pass")
    (tmp_path / "root" / "work" / "tools" / "io.py").write_text("def save(): pass")
    return tmp_path / "root"


def found(root, *sources, path="work/a.ipynb"):
    cells = [SourceCell(f"c{i}", "code", source) for i, source in enumerate(sources)]
    return {file.path: file.source for file in modules_beside(root, path, cells)}


def test_imported_modules_are_read(root):
    assert found(root, "import numpy as np, helper") == {"helper.py": "def load(): pass"}
    assert found(root, "import tools\nfrom tools.io import save") == {
        "tools/__init__.py": "def pack(): pass",
        "tools/io.py": "def save(): pass",
    }
    assert found(root, "x = 1") == {}


def test_a_saved_module_is_read_again(root):
    found(root, "import helper")
    file = root / "work" / "helper.py"
    file.write_text("y = 2")
    os.utime(file, (1, 1))
    assert found(root, "import helper") == {"helper.py": "y = 2"}


@pytest.mark.parametrize("path", ["../a.ipynb", "work/../../a.ipynb", "/../a.ipynb"])
def test_nothing_outside_the_root_is_read(root, path):
    assert found(root, "import secret", path=path) == {}


def test_a_link_out_of_the_root_is_not_followed(root):
    (root / "work" / "link.py").symlink_to(root.parent / "secret.py")
    assert found(root, "import link") == {}


def test_what_cannot_be_read_is_left_out(root):
    (root / "work" / "bad.py").write_bytes(b"\xff\xfe")
    (root / "work" / "large.py").write_text("# x\n" * 100_000)
    (root / "work" / "folder.py").mkdir()
    assert found(root, "import bad, large, folder, ../secret, .") == {}


def test_of_other_open_notebooks_what_they_define():
    source = "def fit(x):\n    return x\n\n" + "plot(fit(1))\n" * 200
    files = files_beside("", "a.ipynb", [], [OpenFile("work/b.ipynb", source), OpenFile("c.ipynb", "plot()\n" * 200)])
    assert [(file.path, file.source) for file in files] == [("b.py", "def fit(x):\n    ...")]


def test_hidden_folders_and_pipes_are_left_alone(root):
    (root / ".hidden").mkdir()
    (root / ".hidden" / "helper.py").write_text("x = 1")
    os.mkfifo(root / "work" / "pipe.py")
    assert found(root, "import helper", path=".hidden/a.ipynb") == {}
    assert found(root, "import pipe") == {}


def test_relative_imports_go_up_within_the_root(root):
    (root / "pkg.py").write_text("x = 1")
    (root / "work" / "pkg.py").write_text("x = 2")
    (root.parent / "pkg.py").write_text("x = 3")
    (root / "birds" / "tools").mkdir(parents=True)
    (root / "birds" / "pkg.py").write_text("x = 4")
    assert found(root, "from .pkg import x") == {"pkg.py": "x = 2"}
    assert found(root, "from ..pkg import x") == {"../pkg.py": "x = 1"}
    assert found(root, "from ..work.tools.io import save", path="work/tools/a.py") == {}
    assert found(root, "from ...birds.pkg import x", path="birds/tools/a.py") == {"../../birds/pkg.py": "x = 4"}
    for leaves in ("from ...pkg import x", "from ...root.pkg import x", "from ..", "from . import pkg"):
        assert found(root, leaves) == {}
