import json

import pytest

from jupyter_sc2 import catalog
from jupyter_sc2.errors import WeightsError


def folder_with(tmp_path, content):
    folder = tmp_path / "starcoder2-3b"
    folder.mkdir()
    (folder / "config.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_an_entry_says_what_a_prompt_needs(tmp_path):
    config = {"max_position_embeddings": 2048, "jupyter_sc2_fim_order": "spm", "jupyter_sc2_format_version": 2}
    folder = folder_with(tmp_path, {"model_type": "starcoder2", **config})
    entry = catalog.find(str(folder))
    assert (entry.name, entry.folder, entry.fim_order) == ("starcoder2-3b", folder, "spm")
    assert (entry.max_positions, entry.format_version) == (2048, 2)
    assert entry.tokenizer_path == folder / "tokenizer.json"


def test_bigcodes_own_checkpoints(tmp_path):
    entry = catalog.find(str(folder_with(tmp_path, {"model_type": "starcoder2"})))
    assert (entry.fim_order, entry.max_positions, entry.format_version) == ("psm", 16384, 1)


def test_what_weights_look_up(tmp_path):
    shares = {"library": [0.1], "prompt": [0.1]}
    for number, (given, wanted) in enumerate(
        [(None, (False, False)), (shares, (True, False)), ({**shares, "notebooks": [0.1, 0.2]}, (True, True))]
    ):
        (tmp_path / str(number)).mkdir()
        entry = catalog.find(str(folder_with(tmp_path / str(number), {"jupyter_sc2_second_voice": given})))
        assert (entry.second_voice, entry.reads_notebooks) == wanted


def test_the_home_folder_may_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert catalog.locate("~/starcoder2-3b") == tmp_path / "starcoder2-3b"


def test_the_home_folder_of_nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert catalog.locate("~nobody-at-all/x") == tmp_path / "~nobody-at-all" / "x"
    with pytest.raises(WeightsError, match="No weights in"):
        catalog.find("~nobody-at-all/x")


def test_the_built_in_weights_are_in_the_package():
    assert (catalog.locate(catalog.BUILT_IN) / "tokenizer.json").exists()


def test_names():
    assert catalog.name_of("built-in") == "built-in"
    assert catalog.name_of("/models/starcoder2-3b/") == "starcoder2-3b"


def test_no_weights(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(WeightsError) as error:
            catalog.find(str(path))
        assert (error.value.code, error.value.status) == ("no_weights", 503)
        assert str(path) in error.value.message
        assert "Sc2App.weights" in error.value.hint


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "[" * 100_000, {"max_position_embeddings": 0}, {"max_position_embeddings": "many"},
     {"jupyter_sc2_fim_order": "mps"}, {"jupyter_sc2_format_version": 1.5}],
)  # fmt: skip
def test_damaged_weights(tmp_path, content):
    with pytest.raises(WeightsError, match=r"config\.json") as error:
        catalog.find(str(folder_with(tmp_path, content)))
    assert error.value.code == "weights_corrupt"
