"""What stands beside a notebook reaches the engine, unless it shall not; and it is gone when the server is."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from wire import body, until

from jupyter_sc2.ngrams import Ngrams

SHARES = {"library": [0.1], "prompt": [0.1], "notebooks": [0.1]}


@pytest.fixture
def second_voice():
    return SHARES


@pytest.fixture
def own_notebooks():
    return True


@pytest.fixture
def sc2_config(tmp_path, weights_folder, second_voice, own_notebooks):
    folder = shutil.copytree(weights_folder, tmp_path / "two-voices")
    config = {**json.loads((folder / "config.json").read_text()), "jupyter_sc2_second_voice": second_voice}
    (folder / "config.json").write_text(json.dumps(config))
    return {"weights": str(folder), "own_notebooks": own_notebooks}


@pytest.fixture
def ask(jp_root_dir, engine, complete):
    """Asks for ghost text in a notebook with another beside it; returns the table that the engine was given."""
    for folder in (jp_root_dir / "work", jp_root_dir / ".hidden"):
        folder.mkdir()
        (folder / "b.py").write_text("measure_wing(bird)")
    seqs = iter(range(1, 1000))

    async def fetch(path="work/a.ipynb", **changes):
        await complete(body(path=path, seq=next(seqs), **changes))
        return engine.prompts[-1].notebooks

    return fetch


async def never(ask, **changes):
    """Long enough for a table, which takes a second."""
    for _ in range(10):
        assert await ask(**changes) == ""
        await asyncio.sleep(0.3)


async def test_a_notebook_beside_is_read(ask, sc2_app, tokenizer):
    assert await ask() == "", "no request waits"
    for _ in range(500):
        if table := await ask():
            break
        await asyncio.sleep(0.1)
    text = tokenizer.decode(Ngrams.open(Path(table)).backwards[::-1].tolist())
    assert text == "<file_sep>measure_wing(bird)\n\n"
    assert await ask(language="r") == ""
    await sc2_app.stop_extension()
    await until(lambda: not Path(table).parent.exists())


async def test_a_hidden_notebook_has_none_and_no_path_neither(ask, sc2_app):
    await never(ask, path=".hidden/a.ipynb")
    assert await ask(path="") == ""
    assert sc2_app.services._own._builder is None


class TestTurnedOff:
    @pytest.fixture
    def own_notebooks(self):
        return False

    async def test_nothing_is_read(self, ask, sc2_app):
        await never(ask)
        assert sc2_app.services._own is None


class TestWeightsThatMakeNoUseOfIt:
    @pytest.fixture
    def second_voice(self):
        return {"library": [0.1], "prompt": [0.1]}

    async def test_nothing_is_read(self, ask, sc2_app):
        await never(ask)
        assert sc2_app.services._own is None
