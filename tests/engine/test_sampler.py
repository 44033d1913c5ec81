"""Choosing the next id."""

import pytest
import torch

from jupyter_sc2.engine.sampler import Sampler, logprob, nucleus
from jupyter_sc2.errors import Sc2Error


def picks(logits, count=50, temperature=1.0, top_p=1.0, seed=7, known_ids=100, top_k=0):
    sampler = Sampler(temperature, top_p, seed, known_ids, top_k)
    return [sampler.pick(logits) for _ in range(count)]


def test_zero_temperature_takes_the_likeliest():
    logits = torch.randn(100)
    assert set(picks(logits, temperature=0.0)) == {int(logits.argmax())}


def test_a_tiny_temperature_takes_the_likeliest():
    assert Sampler(1e-40, 1.0, 0, 3).pick(torch.tensor([1.0, 3.0, 2.0])) == 1


def test_a_tiny_top_p_takes_the_likeliest():
    assert Sampler(1.0, 1e-323, 0, 3).pick(torch.tensor([1.0, 3.0, 2.0])) == 1


def test_a_seed_gives_the_same_ids_whoever_samples_meanwhile():
    logits = torch.randn(100)
    alone = picks(logits)
    one, other = Sampler(1.0, 1.0, 7, 100), Sampler(1.0, 1.0, 8, 100)
    together = [(one.pick(logits), other.pick(logits)) for _ in range(50)]
    assert [first for first, _ in together] == alone
    assert [second for _, second in together] != alone


def test_chances_follow_the_logits():
    logits = torch.tensor([0.0, 1.0, 2.0])
    found = torch.tensor(picks(logits, count=3000)).bincount(minlength=3) / 3000
    assert torch.allclose(found, logits.softmax(0), atol=0.04)
    hot = torch.tensor(picks(logits, count=3000, temperature=2.0)).bincount(minlength=3) / 3000
    assert torch.allclose(hot, (logits / 2).softmax(0), atol=0.04)


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    chances = torch.tensor([0.1, 0.5, 0.15, 0.25])
    assert nucleus(chances, 0.5).tolist() == [0, 0.5, 0, 0]
    assert nucleus(chances, 0.6).tolist() == [0, 0.5, 0, 0.25]
    assert nucleus(chances, 1e-6).tolist() == [0, 0.5, 0, 0]
    assert set(picks(chances.log(), top_p=0.6)) == {1, 3}


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_ids_that_the_tokenizer_cannot_spell_never_come(temperature):
    logits = torch.zeros(100)
    logits[90:] = 50.0
    assert max(picks(logits, temperature=temperature, known_ids=90)) < 90


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_not_a_number_is_an_error(bad, temperature):
    logits = torch.zeros(100)
    logits[50] = bad
    with pytest.raises(Sc2Error) as caught:
        picks(logits, temperature=temperature)
    assert caught.value.code == "nan_logits"


def test_top_k_keeps_so_many():
    logits = torch.tensor([0.0, 3.0, 1.0, 2.0])
    assert set(picks(logits, top_k=2, temperature=5.0)) == {1, 3}
    assert set(picks(logits, top_k=1, temperature=5.0)) == {1}
    assert set(picks(logits, count=500, top_k=9, temperature=5.0)) == {0, 1, 2, 3}


@pytest.mark.parametrize("penalty", [1.0, 1.3, 5.0])
def test_the_repetition_penalty_is_that_of_transformers(penalty):
    from transformers import RepetitionPenaltyLogitsProcessor

    logits, seen = torch.randn(100), [3, 5, 5, 80]
    sampler = Sampler(0.0, 1.0, 0, 100, penalty=penalty)
    sampler.saw(seen[:2])
    sampler.saw(seen[2:])
    expected = RepetitionPenaltyLogitsProcessor(penalty)(torch.tensor([seen]), logits[None])[0]
    assert sampler.pick(logits) == int(expected.argmax())
    if penalty != 1:
        assert torch.equal(sampler._penalised(logits), expected)


def test_a_penalty_makes_what_was_said_less_likely_also_among_few():
    logits = torch.zeros(100)
    logits[40], logits[41] = 5.0, 4.0
    sampler = Sampler(0.0, 1.0, 0, 100, penalty=2.0)
    assert sampler.pick(logits, [40, 41]) == 40
    sampler.saw([40])
    assert sampler.pick(logits, [40, 41]) == sampler.pick(logits) == 41


def test_penalties_of_the_answer_alone():
    logits = torch.tensor([3.0, 2.9, 2.0, -1.0])
    sampler = Sampler(0.0, 1.0, 0, 100, frequency=0.5, presence=0.25)
    sampler.saw([0, 0, 0])  # the prompt counts for nothing
    picked = []
    for _ in range(5):
        picked.append(sampler.pick(logits))
        sampler.wrote(picked[-1])
    # 3.0 2.9 -> 2.25 2.9 -> 2.25 2.15 -> 1.75 2.15 -> 1.75 1.65 beside 2.0
    assert picked == [0, 1, 0, 1, 2]
    assert torch.equal(logits, torch.tensor([3.0, 2.9, 2.0, -1.0]))


def test_a_negative_penalty_makes_what_was_said_likelier():
    sampler = Sampler(0.0, 1.0, 0, 100, presence=-0.5)
    sampler.wrote(1)
    assert sampler.pick(torch.tensor([3.0, 2.9])) == 1


def test_logarithms_of_chances():
    logits = torch.randn(100)
    found = logprob(logits, 7, 3)
    expected = logits.log_softmax(0)
    assert found.logprob == pytest.approx(float(expected[7]))
    assert [token_id for token_id, _ in found.top] == logits.topk(3).indices.tolist()
    assert [value for _, value in found.top] == pytest.approx(expected.topk(3).values.tolist())
    assert logprob(logits, 7, 0).top == []
