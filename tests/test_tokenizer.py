import os
from pathlib import Path

import pytest

import jupyter_sc2
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.tokenizer import SPECIAL_ID, SPECIAL_TOKENS, Tokenizer

# BigCode's vocabulary is under OpenRAIL-M and no part of the project: a folder beside the checkout, or named here.
REAL = Path(os.environ.get("SC2_REAL_TOKENIZER", Path(__file__).parents[2] / "shared" / "starcoder2-tokenizer"))


@pytest.fixture(scope="module")
def built_in() -> Tokenizer:
    return Tokenizer(Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json")


def test_special_ids_are_starcoder2s():
    assert len(SPECIAL_TOKENS) == 38
    assert (SPECIAL_ID["<fim_prefix>"], SPECIAL_ID["<fim_middle>"], SPECIAL_ID["<fim_suffix>"]) == (1, 2, 3)
    assert SPECIAL_ID["<PASSWORD>"] == 37


def test_digits_stand_alone(built_in):
    assert [built_in.decode([i]) for i in built_in.encode("12345")] == list("12345")


@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_runs_of_spaces_are_short(built_in, count):
    assert len(built_in.encode("\n" + " " * count + "x")) <= 3


@pytest.mark.parametrize("text", ["", "x = '<file_sep>'", "é😀漢字", "a\r\nb", "\t\x00", *SPECIAL_TOKENS])
def test_round_trip_without_special_ids(built_in, text):
    ids = built_in.encode(text)
    assert built_in.decode(ids) == text
    assert all(i >= len(SPECIAL_TOKENS) for i in ids)
    assert built_in.encode_kept(text) == tuple(ids)
    assert sum(built_in.byte_lengths[i] for i in ids) == len(text.encode())


def test_a_missing_or_damaged_file_is_an_answer(tmp_path):
    for content in (None, "", "{", "[]"):
        path = tmp_path / "tokenizer.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(WeightsError, match=r"tokenizer\.json"):
            Tokenizer(path).encode("x")


@pytest.mark.skipif(not REAL.exists(), reason="BigCode's vocabulary is test data that is not part of the project")
def test_reference_vectors_of_the_real_vocabulary():
    tokenizer = Tokenizer(REAL / "tokenizer.json")
    inputs = (REAL / "vectors.inp").read_text("utf-8").split("\n__ggml_vocab_test__\n")
    outputs = (REAL / "vectors.out").read_text("utf-8").split("\n")
    assert len(inputs) == len(outputs) == 47
    for text, ids in zip(inputs, outputs, strict=True):
        assert tokenizer.encode(text) == [int(i) for i in ids.split()]
