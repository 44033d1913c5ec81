"""The mathematics: transformers is the reference, and every way through the cache gives what one pass gives."""

import pytest
import torch
from tiny import CONFIG, ids_of, random_tensors, write_checkpoint, write_config

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.model import Starcoder2, products_pay
from jupyter_sc2.engine.weights import load

CASES = {
    "one-kv-head-tied": {"num_key_value_heads": 1, "tie_word_embeddings": True},
    "two-kv-heads-untied": {"num_key_value_heads": 2},
    "all-kv-heads-tied": {"num_key_value_heads": 4, "tie_word_embeddings": True},
    "window": {"num_key_value_heads": 2, "sliding_window": 16},
    "no-bias": {"num_key_value_heads": 2, "use_bias": False, "rope_theta": 999999.4420358813},
}


def save_reference(folder, shard_size, **changes):
    """A random model of transformers, and its checkpoint as transformers writes it."""
    from transformers import Starcoder2Config, Starcoder2ForCausalLM

    config = Starcoder2Config(**{**CONFIG, **changes}, initializer_range=0.15, bos_token_id=0, eos_token_id=0)
    torch.manual_seed(0)
    reference = Starcoder2ForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in reference.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.15 * torch.randn_like(parameter))
    reference.save_pretrained(folder, max_shard_size=shard_size)
    return reference


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("shard_size", ["5GB", "100KB"])
def test_logits_equal_those_of_transformers(tmp_path, case, shard_size):
    reference = save_reference(tmp_path, shard_size, **CASES[case])
    loaded = load(tmp_path, "float32", "cpu")
    assert (len(list(tmp_path.glob("*.safetensors"))) > 1) == (shard_size == "100KB")
    tied = loaded.model.lm_head.weight is loaded.model.model.embed_tokens.weight
    assert tied == CASES[case].get("tie_word_embeddings", False)
    ids = torch.tensor([ids_of(1, 60)])
    with torch.inference_mode():
        torch.testing.assert_close(loaded.model(ids), reference(ids).logits, atol=1e-4, rtol=0)


@pytest.fixture(params=[None, 16], ids=["all", "window"])
def model(request, tmp_path):
    return load(write_checkpoint(tmp_path, sliding_window=request.param), "float32", "cpu").model


@pytest.mark.parametrize("sizes", [[1] * 50, [50], [30, 20], [7, 20, 1, 1, 21], [40, 1, 9]], ids=str)
def test_a_cache_changes_nothing(model, sizes):
    ids = torch.tensor([ids_of(2, 50)])
    with torch.inference_mode():
        whole = model(ids)
        cache = KVCache(model.config, 50, torch.float32, torch.device("cpu"))
        parts = [model(part, cache) for part in ids.split(sizes, dim=1)]
    assert cache.length == 50
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-4, rtol=0)


@pytest.mark.parametrize("sizes", [[1] * 50, [50], [30, 20], [7, 20, 1, 1, 21]], ids=str)
def test_attention_by_products_changes_nothing(model, sizes, monkeypatch):
    monkeypatch.setattr("jupyter_sc2.engine.model.products_pay", lambda start, length, like: True)
    test_a_cache_changes_nothing(model, sizes)


def test_products_are_for_few_shapes_only():
    half, full = torch.zeros(1, dtype=torch.bfloat16), torch.zeros(1)
    assert products_pay(0, 256, half)
    assert products_pay(512, 256, half)
    assert not any(products_pay(*case) for case in [(0, 256, full), (100, 256, half), (0, 16, half), (7, 1, half)])


def test_a_pass_that_fails_leaves_the_cache_as_it_was(model, monkeypatch):
    ids = torch.tensor([ids_of(3, 20)])
    cache = KVCache(model.config, 40, torch.float32, torch.device("cpu"))
    with torch.inference_mode():
        model(ids, cache)
        with monkeypatch.context() as patch:
            patch.setattr(model.model.layers[1], "forward", fail)
            with pytest.raises(RuntimeError, match="evil"):
                model(ids, cache)
        assert cache.length == 20
        torch.testing.assert_close(model(ids, cache), model(ids.repeat(1, 2))[:, 20:], atol=1e-4, rtol=0)


def fail(*args):
    raise RuntimeError("evil")


def test_frozen_and_trainable_models_agree_and_gradients_flow(tmp_path):
    config = write_config(tmp_path, tie_word_embeddings=True)
    models = [Starcoder2(config), Starcoder2(config)]
    for model in models:
        model.load_state_dict(random_tensors(config), strict=False)
    ids = torch.tensor([ids_of(4, 30)])
    with torch.inference_mode():
        frozen = models[1].freeze()(ids)
        models[0](ids)  # what inference keeps must not hinder training
    logits = models[0](ids)
    torch.testing.assert_close(logits.detach(), frozen, atol=1e-5, rtol=0)
    logits.logsumexp(-1).mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in models[0].parameters())
    assert models[0].state_dict().keys() == models[1].state_dict().keys()


def test_bfloat16_is_close(tmp_path):
    folder = write_checkpoint(tmp_path)
    ids = torch.tensor([ids_of(5, 200)])
    with torch.inference_mode():
        exact = load(folder, "float32", "cpu").model(ids)
        model = load(folder, "bfloat16", "cpu").model
        cache = KVCache(model.config, 200, torch.bfloat16, torch.device("cpu"))
        for rounded in (model(ids), torch.cat([model(part, cache) for part in ids.split(64, dim=1)], dim=1)):
            assert rounded.dtype == torch.bfloat16
            assert (exact - rounded).abs().mean() < 0.05 * exact.std()
