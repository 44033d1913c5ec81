"""The entries, and what is found out about weights that nobody listed."""

import json
import subprocess
import sys

import msgspec
import pytest

from jupyter_sc2 import catalog
from jupyter_sc2.catalog.describe import describe
from jupyter_sc2.catalog.known import known
from jupyter_sc2.catalog.languages import FURTHER, SEVENTEEN
from jupyter_sc2.catalog.licence import front_matter
from jupyter_sc2.downloads import kept, records
from jupyter_sc2.engine.config import read_config
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.licences import TERMS

THREE_B = {
    "model_type": "starcoder2", "vocab_size": 49152, "hidden_size": 3072, "intermediate_size": 12288,
    "num_hidden_layers": 30, "num_attention_heads": 24, "num_key_value_heads": 2, "sliding_window": 4096,
    "rope_theta": 999999.4420358813, "eos_token_id": 50256,
}  # fmt: skip
SMALL = {**THREE_B, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}


def folder_with(tmp_path, config=SMALL, readme="", **files):
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "README.md").write_text(readme)
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("weights", "kind", "parameters", "gigabytes", "tied", "count"),
    [
        ("built-in", "base", 5_850_496, 0, True, 1),
        ("bigcode/starcoder2-3b", "base", 3_030_371_328, 12.1, True, 17),
        ("bigcode/starcoder2-7b", "base", 7_173_923_840, 14.35, True, 17),
        ("bigcode/starcoder2-15b", "base", 15_957_889_024, 63.8, False, 619),
        ("bigcode/starcoder2-15b-instruct-v0.1", "instruct", 15_957_889_024, 31.9, False, 619),
        ("HuggingFaceH4/starchat2-15b-v0.1", "chat", 15_957_889_024 + 2 * 2 * 6144, 31.9, False, 619),
    ],
)
def test_the_entries(weights, kind, parameters, gigabytes, tied, count):
    entry = known(weights)
    assert (entry.kind, entry.parameters, entry.tied, entry.language_count) == (kind, parameters, tied, count)
    assert entry.download_bytes / 1e9 == pytest.approx(gigabytes, abs=0.05)
    assert entry.licence == ("" if weights == "built-in" else "bigcode-openrail-m")
    assert entry.licence_name
    assert (entry.weights in entry.card) == (weights != "built-in")


def test_every_entry_is_listed_once_and_its_terms_are_known():
    assert len({entry.weights for entry in catalog.KNOWN}) == len(catalog.KNOWN) == 6
    assert {entry.licence for entry in catalog.KNOWN} - {""} <= TERMS.keys()
    assert known("BigCode/StarCoder2-3B") is known("bigcode/starcoder2-3b")
    assert known("bigcode/starcoder2") is None


def test_the_built_in_entry_is_its_folder():
    folder = catalog.locate("built-in")
    entry = known("built-in")
    assert entry.config == read_config(folder)
    assert entry.file_bytes == (folder / "model.safetensors").stat().st_size


def test_the_3b_is_its_config(tmp_path):
    """As released: without `tie_word_embeddings` and `max_position_embeddings` in their other meanings."""
    folder_with(tmp_path, THREE_B)
    assert known("bigcode/starcoder2-3b").config == read_config(tmp_path)


def test_languages():
    assert len(SEVENTEEN) == len(set(SEVENTEEN)) == 17
    assert len({*SEVENTEEN, *FURTHER}) == 17 + len(FURTHER)
    for wanted in ("Julia", "Scala", "MATLAB", "Haskell", "Fortran", "SAS", "Stata"):
        assert wanted in known("bigcode/starcoder2-15b").languages
        assert wanted not in known("bigcode/starcoder2-3b").languages


def test_names_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    for weights in ("bigcode/starcoder2-3b", "a/b", "0xdata/x_1.5"):
        assert catalog.is_hub_id(weights)
        assert catalog.name_of(weights) == weights
    no_ids = (
        "built-in",
        "./models/mine",
        "/a/b",
        "a/b/c",
        "../b",
        "a/..",
        "a/b\n",
        "ü/b",
        "a b/c",
        "~/b",
        "a/" + "b" * 300,
    )
    assert not any(catalog.is_hub_id(weights) for weights in no_ids)


def test_weights_of_the_hub_are_where_the_download_put_them(tmp_path):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    folder_with(folder, readme="---\nlicense: mit\n---\n")
    files = {"config.json": records.Kept("0" * 64, (folder / "config.json").stat().st_size, "1" * 40)}
    kept.write(records.path_of("me/mine"), records.Record("me/mine", "2" * 40, str(folder), files, "", "2026-01-01"))
    assert catalog.locate("me/mine") == folder
    assert catalog.find("me/mine").name == describe("me/mine").title == "me/mine"
    assert describe("me/mine").card == "https://huggingface.co/me/mine"
    assert describe("me/mine").licence_name == "mit"
    (folder / "config.json").unlink()
    with pytest.raises(WeightsError, match="not downloaded"):
        catalog.find("me/mine")


def test_weights_of_the_hub_that_are_not_here():
    with pytest.raises(WeightsError, match=r"bigcode/starcoder2-3b is not downloaded") as error:
        catalog.find("bigcode/starcoder2-3b")
    assert error.value.code == "no_weights"
    assert "jupyter sc2 models download bigcode/starcoder2-3b" in error.value.hint


def test_a_local_folder(tmp_path):
    folder = folder_with(tmp_path, readme="---\nlicense: apache-2.0\n---\n", model__safetensors="x" * 100)
    entry = describe(folder)
    assert (entry.weights, entry.title, entry.kind) == (folder, tmp_path.name, "base")
    assert (entry.licence, entry.licence_name, entry.card) == ("", "apache-2.0", "")
    assert (entry.file_bytes, entry.download_bytes, entry.language_count) == (100, 0, 0)


@pytest.mark.parametrize(
    ("readme", "config"),
    [
        ("---\nlicense: bigcode-openrail-m\n---\n", {}),
        ("---\nlicense:\n- bigcode-openrail-m\n---\n", {}),
        ("---\nlicense: other\nlicense_name: 'bigcode-openrail-m'\n---\n", {}),
        ("---\nlicense: mit\nbase_model: bigcode/starcoder2-3b\n---\n", {}),
        ("---\nlicense: mit\nbase_model:\n  - me/x\n  - BigCode/starcoder2-7b\n---\n", {}),
        ('---\nlicense: mit\nbase_model: [me/x, "HuggingFaceH4/starchat2-15b-v0.1"]\n---\n', {}),
        ("---\nlicense: mit\nbase_model: https://huggingface.co/bigcode/starcoder2-3b\n---\n", {}),
        ("\ufeff---\r\nlicense: BigCode-OpenRAIL-M\r\n---\r\n", {}),
        ("---\nlicense: bigcode-openrail-m\n---\n" + "long\n" * (1 << 20), {}),
        ("", {"_name_or_path": "bigcode/starcoder2-3b"}),
        ("---\nlicense: mit\n---\n", {**THREE_B, "vocab_size": 49160}),
    ],
)
def test_what_is_bigcodes_needs_the_licence(tmp_path, readme, config):
    folder = folder_with(tmp_path, {**SMALL, **config}, readme)
    assert describe(folder).licence == catalog.licence_needed(folder) == "bigcode-openrail-m"


def test_what_another_program_fetched_from_bigcode_needs_the_licence(tmp_path):
    place = tmp_path / "models--bigcode--starcoder2-3b" / "snapshots" / "0"
    place.mkdir(parents=True)
    assert catalog.licence_needed(folder_with(place)) == "bigcode-openrail-m"
    (tmp_path / "by-another-name").symlink_to(place)
    assert catalog.licence_needed(str(tmp_path / "by-another-name")) == "bigcode-openrail-m"
    (tmp_path / "of-links").mkdir()
    (tmp_path / "of-links" / "config.json").symlink_to(place / "config.json")
    assert catalog.licence_needed(str(tmp_path / "of-links")) == "bigcode-openrail-m"


def test_the_licence_is_known_before_anything_is_here(tmp_path):
    assert catalog.licence_needed("bigcode/starcoder2-3b") == "bigcode-openrail-m"
    assert catalog.licence_needed("huggingfaceh4/STARCHAT2-15b-v0.1") == "bigcode-openrail-m"
    assert catalog.licence_needed("bigcode/of-tomorrow") == "bigcode-openrail-m"
    assert catalog.licence_needed("someone/else") == catalog.licence_needed("built-in") == ""
    assert catalog.licence_needed(str(tmp_path)) == ""


def test_no_folder_lends_a_name_that_needs_no_licence(tmp_path, monkeypatch):
    """Names are compared without regard to capitals, folders are not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Built-In").mkdir()
    folder_with(tmp_path / "Built-In", THREE_B)
    assert catalog.locate("Built-In") == tmp_path / "Built-In"
    assert catalog.licence_needed("Built-In") == "bigcode-openrail-m"
    assert known("Built-In") is None
    (tmp_path / "bigcode" / "of-tomorrow").mkdir(parents=True)
    assert catalog.licence_needed("bigcode/of-tomorrow") == "bigcode-openrail-m"


@pytest.mark.parametrize(
    "readme", ["", "license: bigcode-openrail-m\n", "---\nlicence: x\n", "# A\n---\nlicense: bigcode-openrail-m\n---\n"]
)
def test_only_the_head_of_a_card_counts(tmp_path, readme):
    folder_with(tmp_path, readme=readme)
    assert "license" not in front_matter(tmp_path)


def test_a_card_without_end_is_bounded(tmp_path):
    folder_with(tmp_path, readme="---\n" + "a: b\n" * 300 + "license: mit\n")
    assert front_matter(tmp_path) == {}
    (tmp_path / "README.md").write_bytes(b"---\nlicense: mit\n" + b"\xff" * (5 << 20))
    assert front_matter(tmp_path) == {"license": ["mit"]}  # its head counts, and is all that is read


SELF_ALIGN = "{{ bos_token }}{% for message in messages %}### Instruction\n{{ message['content'] }}{% endfor %}"
CHATML = "{% for message in messages %}<|im_start|>{{ message['role'] }}{% endfor %}"


@pytest.mark.parametrize(
    ("files", "config", "template", "kind"),
    [
        ({}, {}, "", "base"),
        ({"tokenizer_config__json": json.dumps({"chat_template": SELF_ALIGN})}, {}, "self-align", "instruct"),
        ({"tokenizer_config__json": json.dumps({"chat_template": CHATML})}, {}, "chatml", "chat"),
        ({"chat_template__jinja": CHATML}, {}, "chatml", "chat"),
        ({"tokenizer_config__json": json.dumps({"chat_template": [{"name": "x", "template": CHATML}]})}, {}, "chatml",
         "chat"),
        ({"tokenizer_config__json": json.dumps({"extra": "<|im_start|>"})}, {}, "", "base"),
        ({"chat_template__jinja": CHATML}, {"jupyter_sc2_template": ""}, "", "base"),
        ({}, {"jupyter_sc2_template": "self-align"}, "self-align", "instruct"),
        ({}, {"jupyter_sc2_template": "of-my-own"}, "", "base"),
        ({"tokenizer_config__json": "["}, {"jupyter_sc2_template": 3}, "", "base"),
        ({"tokenizer_config__json": json.dumps({"chat_template": [1, {}]})}, {}, "", "base"),
    ],
)  # fmt: skip
def test_the_template_of_a_folder(tmp_path, files, config, template, kind):
    folder = folder_with(tmp_path, {**SMALL, **config}, **files)
    for entry in (describe(folder), catalog.find(folder)):
        assert (entry.template, entry.kind) == (template, kind)


@pytest.mark.parametrize("config", [{"model_type": "llama"}, {**SMALL, "auto_map": {}}, {**SMALL, "hidden_size": 63}])
def test_what_is_not_starcoder2_is_refused(tmp_path, config):
    with pytest.raises(WeightsError):
        describe(folder_with(tmp_path, config))


def test_a_refusal_tells_a_part_of_what_it_found(tmp_path):
    """Messages go to pages, events and the log; whoever made the file is not trusted."""
    with pytest.raises(WeightsError) as error:
        describe(folder_with(tmp_path, {**SMALL, "hidden_act": "x" * 100_000}))
    assert "uses gelu_pytorch_tanh" in error.value.message
    assert len(error.value.message) < 1000


def test_a_huge_config_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**SMALL, "x": "y" * (5 << 20)}))
    for read in (catalog.find, describe):
        with pytest.raises(WeightsError) as error:
            read(str(tmp_path))
        assert error.value.code == "weights_corrupt"


def test_entries_travel_as_json():
    for entry in catalog.KNOWN:
        assert msgspec.convert(json.loads(msgspec.json.encode(entry)), catalog.Known) == entry


def test_the_catalogue_loads_nothing_heavy():
    code = "import sys, jupyter_sc2.catalog; print({'torch','transformers','huggingface_hub','numpy'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
