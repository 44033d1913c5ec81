"""What the handlers know of the weights that answer."""

import json
import shutil

import pytest


@pytest.fixture
def sc2_config(weights_folder, tmp_path):
    return {"weights": str(shutil.copytree(weights_folder, tmp_path / "mine"))}


async def test_prompts_are_built_for_the_files_that_are_loaded(sc2_app, sc2_config, tmp_path):
    """Weights that were trained on, or fetched again, since they were loaded last."""
    served, engine = sc2_app.services.of("ghost"), sc2_app.supervisors[0]
    former, tokenizer = served.entry, served.tokenizer
    path = tmp_path / "mine" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "jupyter_sc2_fim_order": "psm"}))
    assert (former.fim_order, served.entry) == ("spm", former)  # these are in memory
    engine.start()
    assert engine.status().state == "loading"
    assert served.entry.fim_order == "psm"
    assert served.tokenizer is not tokenizer
