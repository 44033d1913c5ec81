"""Every way in which weights can be bad has its sentence, and nothing is unpickled on the way to it."""

import hashlib
import json
import pickle
import shutil
import struct
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import random_tensors, write_checkpoint, write_config

from jupyter_sc2.engine import weights
from jupyter_sc2.engine.folder import check_sums
from jupyter_sc2.errors import WeightsError

FILE = "model.safetensors"
NAME = "model.layers.0.mlp.c_fc.weight"


def load(folder, **changes):
    return weights.load(folder, "float32", "cpu", **changes)


def refusal(folder):
    """The error with which `folder` is refused; its message is a sentence."""
    with pytest.raises(WeightsError) as caught:
        load(folder)
    assert caught.value.message.endswith(".")
    assert "Traceback" not in caught.value.message
    return caught.value


@pytest.fixture
def folder(checkpoint, tmp_path):
    return shutil.copytree(checkpoint, tmp_path / "weights")


def write_shards(folder):
    """Cuts the single file into two and an index."""
    tensors = load_file(folder / FILE)
    (folder / FILE).unlink()
    halves = {"model-1.safetensors": sorted(tensors)[::2], "model-2.safetensors": sorted(tensors)[1::2]}
    for file, names in halves.items():
        save_file({name: tensors[name] for name in names}, folder / file)
    write_index(folder, {name: file for file, names in halves.items() for name in names})
    return list(halves)


def write_index(folder, weight_map):
    (folder / f"{FILE}.index.json").write_text(json.dumps({"weight_map": weight_map}))


def write_sums(folder):
    files = [path for path in folder.iterdir() if path.name != "SHA256SUMS"]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


def edit_header(folder, change):
    """Rewrites the file with `change(header text)`."""
    raw = (folder / FILE).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = change(raw[8 : 8 + size].decode()).encode()
    (folder / FILE).write_bytes(struct.pack("<Q", len(header)) + header + raw[8 + size :])


def save_changed(folder, **changes):
    """Saves the tensors anew; a change to None leaves one out."""
    tensors = {**load_file(folder / FILE), **{name.replace("__", "."): value for name, value in changes.items()}}
    save_file({name: value for name, value in tensors.items() if value is not None}, folder / FILE)


# --- What loads ----------------------------------------------------------------------------------------------------


def test_one_file_and_shards_load_the_same(folder, checkpoint):
    files = write_shards(folder)
    one, many = load(checkpoint), load(folder)
    for name, tensor in one.model.state_dict().items():
        assert torch.equal(tensor, many.model.state_dict()[name])
    assert one.sha256 == hashlib.sha256((checkpoint / FILE).read_bytes()).hexdigest()
    lines = sorted(f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in files)
    assert many.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_sums_are_checked_and_progress_is_told(folder):
    write_sums(folder)
    shares = []
    loaded = load(folder, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 3
    assert loaded.nbytes == 4 * sum(p.numel() for p in loaded.model.parameters())


def test_other_files_that_are_hashed_give_signs_of_life(folder):
    """Someone else's 12 GB may be listed too. They are in no total."""
    (folder / "other.bin").write_bytes(b"x")
    write_sums(folder)
    counts = []
    check_sums(folder, [folder / FILE], counts.append)
    assert sum(counts) == (folder / FILE).stat().st_size
    assert counts.count(0) == 2  # and config.json


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_floating_types_are_converted(folder, dtype):
    save_file({name: tensor.to(dtype) for name, tensor in load_file(folder / FILE).items()}, folder / FILE)
    assert {p.dtype for p in load(folder).model.parameters()} == {torch.float32}


def test_tied_weights_may_be_stored_twice_and_old_buffers_are_ignored(tmp_path):
    config = write_config(tmp_path, tie_word_embeddings=True)
    tensors = random_tensors(config)
    extra = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.zeros(8), "lm_head.weight": torch.zeros(512, 64)}
    save_file({**tensors, **extra}, tmp_path / FILE)
    model = load(tmp_path).model
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert torch.equal(model.lm_head.weight, tensors["model.embed_tokens.weight"])


def test_embeddings_are_tied_when_the_configuration_does_not_say(tmp_path):
    write_checkpoint(tmp_path, tie_word_embeddings=True)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["tie_word_embeddings"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert load(tmp_path).model.config.tie_word_embeddings


# --- What is missing -----------------------------------------------------------------------------------------------


def test_no_folder_no_config_no_weights(tmp_path, folder):
    assert refusal(tmp_path / "absent").code == "no_weights"
    assert "config.json is missing" in refusal(tmp_path).message
    (folder / FILE).unlink()
    error = refusal(folder)
    assert (error.code, f"{FILE} is missing" in error.message) == ("no_weights", True)


def test_a_missing_shard_is_named(folder):
    files = write_shards(folder)
    (folder / files[1]).unlink()
    error = refusal(folder)
    assert error.code == "weights_corrupt"
    assert f"{folder / files[1]} is missing" in error.message


def test_not_enough_memory(folder, monkeypatch):
    monkeypatch.setattr(weights, "free_bytes", lambda device: 1000)
    error = refusal(folder)
    assert error.code == "no_memory"
    assert "GB is free" in error.message


# --- What is damaged -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 4, 8, 300, -5])
def test_a_cut_file(folder, size):
    raw = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(raw[:size])
    error = refusal(folder)
    assert error.code == "weights_corrupt"
    assert str(folder / FILE) in error.message
    assert "expected" in error.message


def test_a_flipped_byte_is_found_by_its_sum(folder):
    write_sums(folder)
    raw = bytearray((folder / FILE).read_bytes())
    raw[-3] ^= 1
    (folder / FILE).write_bytes(raw)
    error = refusal(folder)
    assert error.code == "weights_corrupt"
    for part in (str(folder / FILE), "expected", "found", hashlib.sha256(raw).hexdigest()[:12]):
        assert part in error.message


def test_a_changed_configuration_is_found_by_its_sum(folder):
    write_sums(folder)
    (folder / "config.json").write_text((folder / "config.json").read_text().replace("10000.0", "20000.0"))
    assert "config.json is damaged" in refusal(folder).message


def extra_bytes(folder):
    with (folder / FILE).open("ab") as file:
        file.write(b"\0" * 16)


def huge_header(folder):
    raw = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(struct.pack("<Q", 2**62) + raw[8:])


def duplicate_key(folder):
    edit_header(folder, lambda text: text.replace(NAME, NAME.replace("0", "1", 1)))


def broken_header(folder):
    edit_header(folder, lambda text: text.replace(":", ";", 1))


def nested_header(folder):
    edit_header(folder, lambda text: "[" * 100_000)


def overlap(folder):
    edit_header(folder, lambda text: text.replace('"data_offsets":[0,', '"data_offsets":[4,'))


def wrong_shape(folder):
    save_changed(folder, **{NAME: torch.zeros(64, 128)})


def wrong_dtype(folder):
    save_changed(folder, **{NAME: torch.zeros(128, 64, dtype=torch.int8)})


def missing_tensor(folder):
    save_changed(folder, **{NAME: None})


def unknown_tensor(folder):
    save_changed(folder, extra=torch.zeros(1))


def not_finite(folder):
    save_changed(folder, **{NAME: torch.full((128, 64), float("nan"))})


def infinite_row(folder):
    head = load_file(folder / FILE)["lm_head.weight"]
    head[511, 3] = float("inf")
    save_changed(folder, **{"lm_head.weight": head})


def unlisted(folder):
    write_sums(folder)
    listed = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(line for line in listed if FILE not in line))


def bad_list(folder):
    (folder / "SHA256SUMS").write_text("abc  ../model.safetensors\n")


def twice(folder):
    write_shards(folder)
    shutil.copy(folder / "model-1.safetensors", folder / "model-2.safetensors")


def bad_index(folder):
    (folder / FILE).rename(folder / "other.safetensors")
    (folder / f"{FILE}.index.json").write_text('{"weight_map": ["a"]}')


def not_json(folder):
    (folder / "config.json").write_text("{")


def other_model(folder):
    write_config_only(folder, model_type="llama")


def zero_heads(folder):
    write_config_only(folder, num_attention_heads=0)


def scaled_positions(folder):
    write_config_only(folder, rope_parameters={"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4})


def quantized(folder):
    write_config_only(folder, quantization_config={"load_in_4bit": True})


def write_config_only(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


DAMAGES = {
    extra_bytes: "bytes of tensors;",
    huge_header: "header of 4611686018427387904 bytes expected",
    duplicate_key: "twice in its header",
    broken_header: "no readable safetensors header",
    nested_header: "no readable safetensors header",
    overlap: "lies at bytes",
    wrong_shape: "[128, 64] expected from config.json, [64, 128] found",
    wrong_dtype: f"{NAME} is of type I8; F32, BF16, F16 expected",
    missing_tensor: f"{NAME} is missing from {FILE}",
    unknown_tensor: "'extra', which is no part of StarCoder2",
    not_finite: "not finite numbers",
    infinite_row: "not finite numbers",
    unlisted: "is not listed in SHA256SUMS",
    bad_list: "not a list of SHA-256 sums",
    twice: "model-1.safetensors holds too",
    bad_index: "is not an index",
    not_json: "not readable JSON",
    other_model: "does not describe a StarCoder2 model",
    zero_heads: "num_attention_heads",
    scaled_positions: "scaled rotary positions are not supported",
    quantized: "quantized weights are not supported",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_has_its_sentence(folder, damage):
    damage(folder)
    error = refusal(folder)
    assert error.code == "weights_corrupt"
    assert str(folder) in error.message
    assert DAMAGES[damage] in error.message


def test_a_tokenizer_of_other_weights(folder, monkeypatch):
    (folder / "tokenizer.json").write_text("{}")
    assert refusal(folder).code == "weights_corrupt"
    monkeypatch.setattr(weights.Tokenizer, "vocab_size", 513)
    assert "513 ids" in refusal(folder).message
    monkeypatch.setattr(weights.Tokenizer, "vocab_size", 500)
    assert load(folder).known_ids == 500


# --- What is unsafe ------------------------------------------------------------------------------------------------


class Evil:
    def __reduce__(self):
        return print, ("unpickled",)


@pytest.fixture
def events():
    """Names of audit events that loading weights must never cause."""
    seen = []
    watched = ("pickle.find_class", "socket.", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
    active = [True]

    def hook(event, args):
        if active and event.startswith(watched):
            seen.append(event)

    sys.addaudithook(hook)
    yield seen
    active.clear()


def test_the_watch_sees_an_unpickling(events):
    pickle.loads(pickle.dumps(Evil()))
    assert events == ["pickle.find_class"]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.pth", "weights.pkl", "last.ckpt"])
def test_pickles_are_refused_and_never_opened(folder, name, events):
    (folder / FILE).rename(folder / name)
    (folder / name).write_bytes(pickle.dumps(Evil()))
    error = refusal(folder)
    assert error.code == "weights_unsafe"
    assert name in error.message
    assert events == []


def test_a_pickle_that_calls_itself_safetensors(folder, events):
    (folder / FILE).write_bytes(pickle.dumps(Evil()) * 100)
    assert refusal(folder).code == "weights_corrupt"
    assert events == []


def test_loading_runs_nothing(folder, events):
    load(folder)
    assert events == []


def test_code_of_its_own_is_refused(folder):
    write_config_only(folder, auto_map={"AutoModel": "evil.Model"})
    assert refusal(folder).code == "weights_unsafe"


@pytest.mark.parametrize("name", ["../other.safetensors", "/etc/passwd", "a/b.safetensors", "model.bin", "..", "", 7])
def test_an_index_stays_in_its_folder(folder, name):
    (folder / FILE).rename(folder.parent / "other.safetensors")
    write_index(folder, {NAME: name})
    assert refusal(folder).code == ("weights_corrupt" if name == 7 else "weights_unsafe")
