"""Converted copies: made once, found again, checked, and made anew when they are damaged."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny import CONFIG, ask, ids_of, random_tensors, write_checkpoint, write_config

from jupyter_sc2.engine import known_sums
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.folder import sha256
from jupyter_sc2.engine.lowbit import copies
from jupyter_sc2.engine.lowbit.parts import layout, matrices
from jupyter_sc2.engine.weights import load
from jupyter_sc2.errors import Sc2Error, WeightsError

BUILT_IN = Path(__file__).parents[3] / "jupyter_sc2/data/built-in"


def logits(loaded, ids):
    with torch.inference_mode():
        return loaded.model(torch.tensor([ids])).float()[0]


@pytest.mark.parametrize("tied", [True, False])
def test_a_converted_model_is_close_to_its_source(tmp_path, tied):
    folder = write_checkpoint(tmp_path / "weights", tie_word_embeddings=tied)
    ids, exact = ids_of(1, 40), load(folder, "float32", "cpu")
    found = load(folder, "int8", "cpu", converted=tmp_path / "converted")
    assert found.precision == "int8"
    assert found.sha256 == exact.sha256
    one, other = logits(exact, ids), logits(found, ids)
    assert ((one - other).norm() / one.norm()).item() < 0.05


def test_a_copy_is_made_once(tmp_path, checkpoint, monkeypatch):
    first = load(checkpoint, "int4", "cpu", converted=tmp_path)
    monkeypatch.setattr(copies, "convert", None)  # would fail
    monkeypatch.setattr(known_sums, "check_sums", None)  # the source is not read again either
    again = load(checkpoint, "int4", "cpu", converted=tmp_path)
    assert torch.equal(logits(first, ids_of(2, 30)), logits(again, ids_of(2, 30)))


def test_without_a_folder_nothing_is_left(tmp_path, checkpoint, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    load(checkpoint, "int4", "cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("harm", ["flip", "cut", "manifest", "golden"])
def test_a_damaged_copy_is_made_anew(tmp_path, checkpoint, harm):
    ids = ids_of(3, 30)
    expected = logits(load(checkpoint, "int4", "cpu", converted=tmp_path), ids)
    (weights,), (manifest,) = tmp_path.glob("*/model.safetensors"), tmp_path.glob("*/copy.json")
    data = bytearray(weights.read_bytes())
    if harm == "flip":
        data[-9] ^= 1
        weights.write_bytes(data)
    elif harm == "cut":
        weights.write_bytes(data[:-100])
    elif harm == "manifest":
        manifest.write_text("{")
    else:
        text = manifest.read_text()
        manifest.write_text(text.replace('"golden":[', '"golden":[1e9,'))
    assert torch.equal(logits(load(checkpoint, "int4", "cpu", converted=tmp_path), ids), expected)


def test_a_copy_that_cannot_be_read_is_made_anew(tmp_path, checkpoint, monkeypatch):
    load(checkpoint, "int4", "cpu", converted=tmp_path)
    answers = [WeightsError("weights_corrupt", "It cannot be read.")]
    monkeypatch.setattr(copies, "sha256", lambda *args: sha256(*args) if not answers else raised(answers.pop()))
    assert load(checkpoint, "int4", "cpu", converted=tmp_path).precision == "int4"


def raised(error):
    raise error


def test_other_weights_in_the_same_folder_are_noticed(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", seed=0)
    one = load(folder, "int4", "cpu", converted=tmp_path / "converted")
    write_checkpoint(folder, seed=1)
    other = load(folder, "int4", "cpu", converted=tmp_path / "converted")
    assert one.sha256 != other.sha256
    assert not torch.equal(logits(one, ids_of(4, 20)), logits(other, ids_of(4, 20)))


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path, checkpoint, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "convert", full)
    with pytest.raises(Sc2Error, match="No space left") as caught:
        load(checkpoint, "int4", "cpu", converted=tmp_path)
    assert caught.value.code == "disk_full"
    assert not list(tmp_path.glob("*-int4-*"))


def test_two_workers_may_make_the_same_copy(tmp_path, checkpoint, monkeypatch):
    """The second one starts and ends while the first is in the middle; each reads a whole copy."""
    real, ids = copies.convert, ids_of(7, 20)
    expected, others = logits(load(checkpoint, "int4", "cpu"), ids), []

    def interrupted(config, tensors, bits, path, report):
        path.write_bytes(b"half")
        monkeypatch.setattr(copies, "convert", real)
        others.append(load(checkpoint, "int4", "cpu", converted=tmp_path))
        real(config, tensors, bits, path, report)

    monkeypatch.setattr(copies, "convert", interrupted)
    first = load(checkpoint, "int4", "cpu", converted=tmp_path)
    for loaded in (first, *others, load(checkpoint, "int4", "cpu", converted=tmp_path)):
        assert torch.equal(logits(loaded, ids), expected)
    assert len(list(tmp_path.glob("*-int4-*"))) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path, checkpoint):
    (tmp_path / "file").write_text("")
    with pytest.raises(Sc2Error, match="could not be written") as caught:
        load(checkpoint, "int4", "cpu", converted=tmp_path / "file" / "converted")
    assert caught.value.code == "cache_unwritable"


def test_a_replaced_file_of_the_same_size_and_time_is_noticed(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", seed=0)
    one = load(folder, "int4", "cpu", converted=tmp_path / "converted")
    weights = folder / "model.safetensors"
    before = weights.stat()
    write_checkpoint(tmp_path / "other", seed=1)
    (tmp_path / "other/model.safetensors").replace(weights)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load(folder, "int4", "cpu", converted=tmp_path / "converted").sha256 != one.sha256


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    config = write_config(tmp_path / "weights")
    tensors = random_tensors(config)
    tensors["model.layers.1.mlp.c_fc.weight"][5, 5] = float("nan")
    save_file(tensors, tmp_path / "weights/model.safetensors")
    with pytest.raises(WeightsError, match="finite"):
        load(tmp_path / "weights", "int4", "cpu", converted=tmp_path / "converted")


def test_sizes_that_do_not_suit_are_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", intermediate_size=100)
    with pytest.raises(Sc2Error, match="do not suit"):
        load(folder, "int4", "cpu")
    assert load(folder, "auto", "cpu").precision in ("float32", "bfloat16")


def test_the_engine_answers_with_few_bits(tmp_path, checkpoint):
    """What it generates is what the model, asked without a cache, finds likeliest."""
    loaded = load(checkpoint, "int4", "cpu", converted=tmp_path)
    ids = ids_of(5, 60)
    found = ask(Engine(loaded, 64 << 20), ids, new=6)
    assert found == [int(row.argmax()) for row in logits(loaded, [*ids, *found])[len(ids) - 1 : -1]]


def test_the_built_in_weights_keep_their_mind(tmp_path):
    """Greedy agreement on code; how far the chances are apart is measured in benchmarks."""
    exact = load(BUILT_IN, "float32", "cpu")
    ids = exact.tokenizer.encode(Path(__file__).read_text())[:256]
    found = load(BUILT_IN, "int4", "cpu", converted=tmp_path)
    same = logits(exact, ids).argmax(-1) == logits(found, ids).argmax(-1)
    assert same.float().mean() > 0.75


def test_a_layout_has_no_gaps_and_aligned_weights(tmp_path):
    config = write_config(tmp_path, **CONFIG)
    entries = layout(config, 4)
    ends = sorted(entry.data_offsets for entry in entries.values())
    assert all(one[1] == other[0] for one, other in pairwise(ends))
    assert all(entries[f"{matrix.module}.weights"].data_offsets[0] % 64 == 0 for matrix in matrices(config, 4))
