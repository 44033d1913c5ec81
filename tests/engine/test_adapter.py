"""LoRA adapters: the sum is PEFT's, whatever is not computed is refused, and copies in few bits are made of the sum."""

import json
import shutil
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import CONFIG, ids_of, write_config

from jupyter_sc2.engine.adapter import read_adapter
from jupyter_sc2.engine.adapter_config import KINDS
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.weights import load
from jupyter_sc2.errors import WeightsError

PLAIN = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "c_fc"], "peft_version": "0.21.2"}
PREFIX = "base_model.model.model.layers"


def shapes_of(folder):
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in Starcoder2(write_config(folder)).state_dict().items()}


def read(folder, tmp_path):
    return read_adapter(folder, shapes_of(tmp_path / "shapes"), lambda count: None)


def write_adapter(folder, kinds=("q_proj", "c_fc"), rank=4, layers=2, changes=None, tensors=None):
    """A random adapter for the tiny checkpoint. `changes` go into its config, `tensors` replace some; None removes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({**PLAIN, "target_modules": [*kinds], **(changes or {})}))
    generator, shapes, found = torch.Generator().manual_seed(len(kinds)), shapes_of(folder / "shapes"), {}
    for layer in range(layers):
        for kind in kinds:
            module = f"layers.{layer}.{'mlp' if kind.startswith('c_') else 'self_attn'}.{kind}"
            columns, inputs = shapes[f"model.{module}.weight"]
            for half, shape in (("A", (rank, inputs)), ("B", (columns, rank))):
                name = f"base_model.model.model.{module}.lora_{half}.weight"
                found[name] = 0.2 * torch.randn(shape, generator=generator)
    found = {name: tensor for name, tensor in {**found, **(tensors or {})}.items() if tensor is not None}
    save_file(found, folder / "adapter_model.safetensors")
    return folder


def logits(loaded):
    with torch.inference_mode():
        return loaded.model(torch.tensor([ids_of(0, 24)])).float()


@pytest.fixture(scope="module")
def peft_adapters(tmp_path_factory):
    """Folder and merged model of two adapters by PEFT itself, on one base: plain, and with everything that may vary."""
    top = tmp_path_factory.mktemp("peft")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other packages' own
        from peft import LoraConfig, get_peft_model
        from transformers import Starcoder2Config, Starcoder2ForCausalLM

        torch.manual_seed(0)
        config = Starcoder2Config(**{**CONFIG, "bos_token_id": 0, "eos_token_id": 0})
        base = Starcoder2ForCausalLM(config).eval()
        base.save_pretrained(top / "base")
        found = {}
        for name, options in {
            "plain": {"r": 4, "lora_alpha": 12, "target_modules": [*KINDS]},
            "varied": {
                "r": 4, "lora_alpha": 6, "use_rslora": True, "target_modules": ["q_proj", "v_proj", "c_proj"],
                "rank_pattern": {"v_proj": 2, "layers.1.mlp.c_proj": 6}, "alpha_pattern": {"q_proj": 3.5},
                "layers_to_transform": [1],
            },
        }.items():  # fmt: skip
            made = Starcoder2ForCausalLM.from_pretrained(top / "base", dtype=torch.float32).eval()
            tuned = get_peft_model(made, LoraConfig(**options))
            for key, parameter in tuned.named_parameters():
                if "lora_B" in key:
                    torch.nn.init.normal_(parameter, std=0.1)
            tuned.save_pretrained(top / name)
            found[name] = top / name, tuned.merge_and_unload()
    return top / "base", found


@pytest.mark.parametrize("name", ["plain", "varied"])
def test_the_sum_is_pefts(peft_adapters, tmp_path, name):
    base, found = peft_adapters
    folder, merged = found[name]
    adapter = read(folder, tmp_path)
    stored = load_file(base / "model.safetensors")
    ours = dict(adapter.merged(stored.items()))
    assert ours.keys() == stored.keys()
    theirs = merged.state_dict()
    for key, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[key], rtol=0, atol=1e-6)
        assert torch.equal(tensor, stored[key]) == (key not in adapter.pairs)
    loaded = load(base, "float32", "cpu", adapter=folder)
    with torch.inference_mode():
        expected = merged(torch.tensor([ids_of(0, 24)])).logits
    torch.testing.assert_close(logits(loaded), expected, rtol=0, atol=1e-4)
    assert loaded.adapter_sha256 == adapter.sha256
    assert loaded.sha256 == load(base, "float32", "cpu").sha256


@pytest.mark.parametrize("name", ["q_proj", "k_proj", "v_proj", "o_proj", "c_fc", "c_proj"])
def test_the_sum_in_plain_torch(checkpoint, tmp_path, name):
    """The same without PEFT: W + alpha / r * B A; and bfloat16 is rounded once, after it."""
    folder = write_adapter(tmp_path / "adapter", [name])
    tensors, stored = load_file(folder / "adapter_model.safetensors"), load_file(checkpoint / "model.safetensors")
    part = f"layers.1.{'mlp' if name.startswith('c_') else 'self_attn'}.{name}"
    a, b = (tensors[f"base_model.model.model.{part}.lora_{half}.weight"] for half in "AB")
    expected = stored[f"model.{part}.weight"] + 8 / 4 * b @ a
    ours = dict(read(folder, tmp_path).merged(stored.items()))[f"model.{part}.weight"]
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-6)
    halves = {key: tensor.bfloat16() for key, tensor in stored.items()}
    summed = dict(read(folder, tmp_path).merged(halves.items()))[f"model.{part}.weight"]
    assert summed.dtype == torch.float32
    torch.testing.assert_close(summed, halves[f"model.{part}.weight"].float() + 2 * b @ a, rtol=0, atol=1e-6)
    assert not torch.equal(
        logits(load(checkpoint, "bfloat16", "cpu", adapter=folder)), logits(load(checkpoint, "bfloat16", "cpu"))
    )


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_copies_in_few_bits_are_made_of_the_sum_and_kept(checkpoint, tmp_path, precision):
    converted = tmp_path / "converted"
    adapter, other = write_adapter(tmp_path / "one"), write_adapter(tmp_path / "two", changes={"lora_alpha": 2})

    def loaded(folder=None):
        found = load(checkpoint, precision, "cpu", converted=converted, adapter=folder)
        return found, {path.name: path.stat().st_mtime_ns for path in converted.glob("*/model.safetensors")}

    def copies():
        return {path.parent.name: path.read_bytes() for path in converted.glob(f"*-{precision}-*/model.safetensors")}

    base, _ = loaded()
    assert len(copies()) == 1
    merged, _ = loaded(adapter)
    before = copies()
    assert len(before) == 2
    assert len(set(before.values())) == 2
    again, _ = loaded(adapter)
    assert copies() == before
    assert torch.equal(logits(again), logits(merged))
    assert not torch.allclose(logits(merged), logits(base), atol=0.1)
    exact = logits(load(checkpoint, "float32", "cpu", adapter=adapter))
    assert (logits(merged) - exact).abs().mean() < 0.5 * (logits(base) - exact).abs().mean()
    loaded(other)
    assert len(copies()) == 3, "another alpha is another sum"
    assert merged.sha256 == base.sha256
    assert merged.adapter_sha256 == again.adapter_sha256 != ""


LAYER = f"{PREFIX}.0.self_attn.q_proj.lora"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_dora": True}, "is DoRA"),
        ({"bias": "all"}, "changes biases"),
        ({"lora_bias": True}, "changes biases"),
        ({"fan_in_fan_out": True}, "transposed"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"trainable_token_indices": [3]}, "changes embeddings"),
        ({"layer_replication": [[0, 2]]}, "repeats layers"),
        ({"peft_type": "IA3"}, "rather than LORA"),
        ({"peft_type": None}, "rather than LORA"),
        ({"init_lora_weights": "pissa_niter_16"}, "was begun as 'pissa_niter_16'"),
        ({"a_field_of_tomorrow": {"x": 1}}, "asks for 'a_field_of_tomorrow'"),
        ({"use_qalora": True}, "asks for 'use_qalora'"),
        ({"rank_pattern": {"(a+)+$": 4}}, "by the pattern"),
    ],
)
def test_what_is_not_computed_is_refused(tmp_path, changes, said):
    with pytest.raises(WeightsError, match=said) as refused:
        read(write_adapter(tmp_path / "adapter", changes=changes), tmp_path)
    assert refused.value.code == "wrong_adapter"
    assert refused.value.message.endswith("this is not supported.")
    assert "PEFT" in refused.value.hint


@pytest.mark.parametrize(
    ("tensors", "code", "said"),
    [
        ({f"{LAYER}_A.weight": None}, "weights_corrupt", "only one of the two matrices of model.layers.0"),
        ({f"{LAYER}_A.weight": torch.zeros(3, 64)}, "wrong_adapter", r"\[4, 64\] expected, \[3, 64\] found"),
        ({f"{LAYER}_B.weight": torch.zeros(64)}, "wrong_adapter", r"\[64, 4\] expected, \[64\] found"),
        ({f"{PREFIX}.9.self_attn.q_proj.lora_A.weight": torch.zeros(4, 64)}, "wrong_adapter", "layers.9"),
        ({f"{PREFIX}.0.mlp.gate_proj.lora_A.weight": torch.zeros(4, 64)}, "wrong_adapter", "gate_proj"),
        ({f"{PREFIX}.0.mlp.c_fc.bias": torch.zeros(4)}, "wrong_adapter", "c_fc.bias"),
        ({"base_model.model.lm_head.lora_A.weight": torch.zeros(4, 64)}, "wrong_adapter", "the output layer"),
        ({"base_model.model.model.embed_tokens.lora_embedding_A": torch.zeros(4, 512)}, "wrong_adapter", "embeddings"),
        ({f"{LAYER}_A.default.weight": torch.zeros(4, 64)}, "weights_corrupt", "twice"),
        ({f"{LAYER}_A.weight": torch.zeros(4, 64, dtype=torch.int32)}, "weights_corrupt", "of type I32"),
    ],
)
def test_tensors_that_do_not_fit(tmp_path, tensors, code, said):
    with pytest.raises(WeightsError, match=said) as refused:
        read(write_adapter(tmp_path / "adapter", tensors=tensors), tmp_path)
    assert refused.value.code == code


def test_an_adapter_that_lacks_what_it_names(tmp_path):
    changes = {"target_modules": ["q_proj", "c_fc", "o_proj", "gate_proj"]}
    with pytest.raises(WeightsError, match="nothing for o_proj"):
        read(write_adapter(tmp_path / "adapter", changes=changes), tmp_path)
    fine = {"target_modules": ["q_proj", "c_fc", "gate_proj"]}  # bigcode's finetune.py names it; there is none
    assert read(write_adapter(tmp_path / "adapter", changes=fine), tmp_path).pairs


@pytest.mark.parametrize(
    ("r", "alpha"), [(0, 8), (4097, 8), (4, 1e9), (4, float("nan")), (4, float("inf")), ("4", 8), (4, None), (2.5, 8)]
)
def test_numbers_out_of_bounds(tmp_path, r, alpha):
    with pytest.raises(WeightsError) as refused:
        read(write_adapter(tmp_path / "adapter", changes={"r": r, "lora_alpha": alpha}), tmp_path)
    assert refused.value.code == "weights_corrupt"


def test_files_that_are_missing_damaged_or_unsafe(tmp_path):
    folder = write_adapter(tmp_path / "adapter")

    def refused(code):
        with pytest.raises(WeightsError) as caught:
            read(folder, tmp_path)
        assert caught.value.code == code
        return caught.value.message

    weights, config = folder / "adapter_model.safetensors", folder / "adapter_config.json"
    content = weights.read_bytes()
    weights.write_bytes(content[:-7])
    refused("weights_corrupt")
    weights.unlink()
    assert "adapter_model.safetensors is missing" in refused("no_weights")
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04.")
    assert "pickle" in refused("weights_unsafe")
    weights.write_bytes(content)
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  adapter_config.json\n{'0' * 64}  adapter_model.safetensors\n")
    assert "is damaged" in refused("weights_corrupt")
    (folder / "SHA256SUMS").unlink()
    config.write_text(json.dumps({**PLAIN, "auto_map": {"x": "y"}}))
    refused("weights_unsafe")
    for text in ("", "[]", "{", "[" * 100_000):
        config.write_text(text)
        refused("weights_corrupt")
    config.unlink()
    refused("no_weights")
    shutil.rmtree(folder)
    refused("no_weights")


def test_an_adapter_that_changes_while_it_is_read(checkpoint, tmp_path):
    folder = write_adapter(tmp_path / "adapter")
    adapter = read(folder, tmp_path)
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(WeightsError, match="changed or went away"):
        dict(adapter.merged(load_file(checkpoint / "model.safetensors").items()))


def test_numbers_that_are_none(checkpoint, tmp_path):
    tensors = {f"{LAYER}_A.weight": torch.full((4, 64), float("nan"))}
    folder = write_adapter(tmp_path / "adapter", tensors=tensors)
    with pytest.raises(WeightsError, match="not finite") as refused:
        load(checkpoint, "float32", "cpu", adapter=folder)
    assert str(folder) in refused.value.message
