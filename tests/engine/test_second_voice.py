"""The second voice: what it adds to the chances, and that weights without shares have none."""

from __future__ import annotations

import json

import pytest
import torch
from tiny import ask, ids_of, tiny_engine, write_checkpoint

from jupyter_sc2.engine.sampler import Sampler
from jupyter_sc2.engine.second_voice import SecondVoice, Shares
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.ngrams import Ngrams

SHARES = Shares(library=[0.1, 0.5], prompt=[0.2, 0.4, 0.9])
NOTHING = {"library": [0.0], "prompt": [0.0]}


def test_a_match_gets_its_share() -> None:
    logits = torch.randn(512)
    plain = torch.softmax(logits, dim=-1)
    voice = SecondVoice(SHARES, [100, 101, 102, 103, 0, 104], [Ngrams.of([101, 200, 0, 101, 201, 0, 101, 201])])
    mixed = voice.mix(logits, [99, 101]).exp()
    wanted = plain * 0.9
    wanted[200] += 0.1 / 3
    wanted[201] += 0.1 * 2 / 3
    wanted = wanted * 0.8
    wanted[102] += 0.2
    torch.testing.assert_close(mixed, wanted)
    assert mixed.sum() == pytest.approx(1)


def test_longer_matches_get_more() -> None:
    voice = SecondVoice(SHARES, list(range(100, 120)), [])
    logits = torch.zeros(512)
    shares = [float(voice.mix(logits, list(range(110 - n, 110))).exp()[110]) for n in (1, 2, 3, 9)]
    assert shares == pytest.approx([share + (1 - share) / 512 for share in (0.2, 0.4, 0.9, 0.9)], abs=1e-4)


def test_without_a_match_nothing_changes() -> None:
    logits = torch.randn(512)
    assert SecondVoice(SHARES, [100, 101], []).mix(logits, [300]) is logits
    assert SecondVoice(SHARES, [100, 101], []).mix(logits, []) is logits


def test_a_chance_of_nothing_stays_a_number() -> None:
    """The speller may allow only ids that the weights hold to be impossible."""
    logits = torch.zeros(512)
    logits[300] = 500.0
    mixed = SecondVoice(SHARES, [100, 101], []).mix(logits, [100])
    assert mixed.isfinite().all()
    assert Sampler(0.0, 1.0, 0, 512).pick(mixed, [40, 41]) in (40, 41)


def test_the_longest_of_all_libraries_speaks() -> None:
    tables = [Ngrams.of([100, 101, 200]), Ngrams.of([101, 201])]
    mixed = SecondVoice(SHARES, [38], tables).mix(torch.zeros(512), [100, 101]).exp()
    assert mixed[200] > 0.5 > mixed[201]


def test_notebooks_speak_between_libraries_and_the_prompt() -> None:
    shares = Shares(library=[0.1], prompt=[0.4], notebooks=[0.2, 0.5])
    library, notebook, prompt = [101, 200], [101, 201, 0, 100, 101, 202], [101, 203]
    voice = SecondVoice(shares, prompt, [Ngrams.of(library)], [Ngrams.of(notebook)])
    logits = torch.randn(512)
    wanted = torch.softmax(logits, dim=-1) * 0.9
    wanted[200] += 0.1
    wanted = wanted * 0.5
    wanted[202] += 0.5
    wanted = wanted * 0.6
    wanted[203] += 0.4
    torch.testing.assert_close(voice.mix(logits, [100, 101]).exp(), wanted)


def test_without_shares_of_theirs_notebooks_are_silent() -> None:
    logits = torch.randn(512)
    assert SecondVoice(SHARES, [100, 101], [], [Ngrams.of([300, 301])]).mix(logits, [300]) is logits


def test_answers_copy_a_notebook_beside(tmp_path) -> None:
    passage = ids_of(1, 30)
    Ngrams.of([0, *passage]).save(tmp_path / "table.npy")
    shares = {**NOTHING, "notebooks": [0.95]}
    engine = tiny_engine(write_checkpoint(tmp_path / "tiny", jupyter_sc2_second_voice=shares))
    given = {"libraries": [], "notebooks": str(tmp_path / "table.npy")}
    alone = ask(engine, passage[:5], 10, libraries=[])
    assert ask(engine, passage[:5], 10, **given) == passage[5:15] != alone
    (tmp_path / "table.npy").unlink()
    assert ask(engine, passage[:5], 10, **given) == passage[5:15], "it is open already"


def test_a_table_that_is_none_is_no_failure(tmp_path) -> None:
    engine = tiny_engine(write_checkpoint(tmp_path, jupyter_sc2_second_voice={**NOTHING, "notebooks": [0.95]}))
    passage = ids_of(1, 30)
    alone = ask(engine, passage[:5], 10, libraries=[])
    late = tmp_path / "late.npy"
    (tmp_path / "damaged.npy").write_bytes(b"no array")
    for path in (late, tmp_path / "damaged.npy", tmp_path, "\0"):
        assert ask(engine, passage[:5], 10, libraries=[], notebooks=str(path)) == alone
    Ngrams.of([0, *passage]).save(late)
    assert ask(engine, passage[:5], 10, libraries=[], notebooks=str(late)) == passage[5:15]


def test_answers_copy_the_prompt_only_where_asked(tmp_path) -> None:
    shares = {"library": [0.0], "prompt": [0.95]}
    engine = tiny_engine(write_checkpoint(tmp_path / "two", jupyter_sc2_second_voice=shares))
    alone = tiny_engine(write_checkpoint(tmp_path / "one"))
    passage = ids_of(1, 30)
    prompt = [*passage, 0, *passage[:5]]
    assert ask(engine, prompt, 10, libraries=[]) == passage[5:15]
    assert ask(engine, prompt, 10) == ask(alone, prompt, 10) == ask(alone, prompt, 10, libraries=[])


@pytest.mark.parametrize(
    "shares",
    [{"library": []}, {"library": [0.1], "prompt": [1.5]}, {**NOTHING, "notebooks": [2.0]}, "much", {"prompt": "x"}],
)
def test_shares_that_are_none(tmp_path, shares) -> None:
    folder = write_checkpoint(tmp_path, jupyter_sc2_second_voice=shares)
    assert json.loads((folder / "config.json").read_text())["jupyter_sc2_second_voice"] == shares
    with pytest.raises(WeightsError, match=r"config\.json"):
        tiny_engine(folder)
