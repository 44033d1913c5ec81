"""The mathematics: transformers is the reference, and every way through the cache gives what one pass gives."""

from random import Random

import pytest
import torch
import torch.nn.functional as F
from tiny import CONFIG, ids_of, random_tensors, write_checkpoint, write_config
from torch import nn

from jupyter_sc2.engine.attention import products_pay
from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.model import Run, Starcoder2
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


def new_cache(model, positions):
    return KVCache(model.config, positions, torch.float32, torch.device("cpu"))


@pytest.mark.parametrize("sizes", [[1] * 50, [50], [30, 20], [7, 20, 1, 1, 21], [40, 1, 9]], ids=str)
def test_a_cache_changes_nothing(model, sizes):
    ids = torch.tensor([ids_of(2, 50)])
    with torch.inference_mode():
        whole = model(ids)[0]
        cache = new_cache(model, 50)
        parts = [model(part, [Run(cache, len(part))]) for part in ids[0].split(sizes)]
    assert cache.length == 50
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-4, rtol=0)


@pytest.mark.parametrize("sizes", [[1] * 50, [50], [30, 20], [7, 20, 1, 1, 21]], ids=str)
def test_attention_by_products_changes_nothing(model, sizes, monkeypatch):
    monkeypatch.setattr("jupyter_sc2.engine.model.products_pay", lambda start, length, like: True)
    test_a_cache_changes_nothing(model, sizes)


def test_products_are_for_few_shapes_only():
    half, full = torch.zeros(1, dtype=torch.bfloat16), torch.zeros(1)
    assert products_pay(0, 256, half)
    assert products_pay(512, 256, half)
    assert not any(products_pay(*case) for case in [(0, 256, full), (100, 256, half), (0, 16, half), (7, 1, half)])


def ragged_pass(model, random, texts, caches, padding):
    """One pass over the next few positions of some sequences; returns logits by sequence."""
    chosen = [n for n in random.sample(range(len(texts)), 3) if caches[n].length < len(texts[n])]
    runs = [Run(caches[n], random.randint(1, min(24, len(texts[n]) - caches[n].length))) for n in chosen]
    parts = [texts[n][caches[n].length : caches[n].length + run.rows] for n, run in zip(chosen, runs, strict=True)]
    if not runs:
        return {}
    flat = [index for part in parts for index in part] + [0] * padding
    logits = model(torch.tensor(flat), runs)
    assert len(logits) == len(flat) - padding
    assert logits.isfinite().all()
    return dict(zip(chosen, logits.split([run.rows for run in runs]), strict=True))


@pytest.mark.parametrize("window", [None, 16])
def test_only_the_wanted_rows_come_back(tmp_path, window):
    """They are what they are among all others; and the caches hold the same."""
    model = load(write_checkpoint(tmp_path, sliding_window=window), "float32", "cpu").model
    random = Random(2)
    for _ in range(20):
        rows = [random.randint(1, 30) for _ in range(3)]
        texts = [ids_of(random.randint(0, 99), 10 + count) for count in rows]
        caches = [[new_cache(model, 60) for _ in texts] for _ in range(2)]
        firsts = [random.randint(0, count) for count in rows]
        wanted = [random.randint(0, count - first) for count, first in zip(rows, firsts, strict=True)]
        padding = [0] * random.choice([0, 7])
        with torch.inference_mode():
            for group in caches:
                model(torch.tensor([i for text in texts for i in text[:10]]), [Run(cache, 10) for cache in group])
            ids = torch.tensor([i for text in texts for i in text[10:]] + padding)
            whole = model(ids, [Run(cache, count) for cache, count in zip(caches[0], rows, strict=True)])
            some = model(ids, [Run(*run) for run in zip(caches[1], rows, firsts, wanted, strict=True)])
        parts = zip(whole.split(rows), firsts, wanted, strict=True)
        expected = torch.cat([part[first : first + count] for part, first, count in parts])
        torch.testing.assert_close(some, expected, atol=1e-4, rtol=0)
        for one, other in zip(*caches, strict=True):
            assert one.length == other.length
            same = slice(0, one.length)
            torch.testing.assert_close(one.tensor[..., same, :], other.tensor[..., same, :], atol=1e-4, rtol=0)


@pytest.mark.parametrize("case", ["two-kv-heads-untied", "window", "no-bias"])
def test_ragged_passes_over_many_sequences_give_what_transformers_gives(tmp_path, case):
    """Also beyond the window, which is 16 positions."""
    reference = save_reference(tmp_path, "5GB", **CASES[case])
    model = load(tmp_path, "float32", "cpu").model
    texts = [ids_of(n, 20 + 13 * n) for n in range(5)]
    caches, found, random = [new_cache(model, 100) for _ in texts], {n: [] for n in range(5)}, Random(1)
    with torch.inference_mode():
        while any(cache.length < len(text) for cache, text in zip(caches, texts, strict=True)):
            for n, logits in ragged_pass(model, random, texts, caches, random.choice([0, 0, 5])).items():
                found[n].append(logits)
        for n, text in enumerate(texts):
            expected = reference(torch.tensor([text])).logits[0]
            torch.testing.assert_close(torch.cat(found[n]), expected, atol=1e-4, rtol=0)


def test_a_pass_that_fails_leaves_the_caches_as_they_were(model, monkeypatch):
    ids, other = torch.tensor(ids_of(3, 20)), torch.tensor(ids_of(4, 9))
    cache, second = new_cache(model, 40), new_cache(model, 40)
    with torch.inference_mode():
        model(ids, [Run(cache, 20)])
        with monkeypatch.context() as patch:
            patch.setattr(model.model.layers[1], "last", fail)
            with pytest.raises(RuntimeError, match="evil"):
                model(torch.cat((ids, other)), [Run(cache, 20), Run(second, 9)])
        assert (cache.length, second.length) == (20, 0)
        expected = torch.cat((model(ids.repeat(2)[None])[0, 20:], model(other[None])[0]))
        found = model(torch.cat((ids, other)), [Run(cache, 20), Run(second, 9)])
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


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
    counts = [sum(parameter.numel() for parameter in model.parameters()) for model in models]
    assert counts[0] == counts[1]


def test_after_freezing_the_joined_projection_may_be_replaced(tmp_path):
    """By quantised modules, say: the pass calls modules and never looks at weights."""

    class Doubled(nn.Module):
        def forward(self, x):
            assert x.ndim == 2
            return 2 * F.linear(x, weight, bias)

    model = load(write_checkpoint(tmp_path), "float32", "cpu").model
    ids, attention = torch.tensor(ids_of(4, 30)), model.model.layers[1].self_attn
    weight, bias = attention.qkv_proj.weight, attention.qkv_proj.bias
    with torch.inference_mode():
        before = model(ids, [Run(new_cache(model, 30), 30)])
        attention.qkv_proj = Doubled()
        after = model(ids, [Run(new_cache(model, 30), 30)])
    assert (before - after).abs().max() > 0.1


def test_bfloat16_is_close(tmp_path):
    folder = write_checkpoint(tmp_path)
    ids = torch.tensor(ids_of(5, 200))
    with torch.inference_mode():
        exact = load(folder, "float32", "cpu").model(ids[None])[0]
        model = load(folder, "bfloat16", "cpu").model
        cache = KVCache(model.config, 200, torch.bfloat16, torch.device("cpu"))
        in_parts = torch.cat([model(part, [Run(cache, len(part))]) for part in ids.split(64)])
        for rounded in (model(ids[None])[0], in_parts):
            assert rounded.dtype == torch.bfloat16
            assert (exact - rounded).abs().mean() < 0.05 * exact.std()
