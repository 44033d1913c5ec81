import json
import os
from itertools import accumulate
from pathlib import Path

import pytest
from instruct_weights import CHATML, with_chatml

import jupyter_sc2
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.tokenizer import SPECIAL_ID, SPECIAL_TOKENS, Tokenizer

# BigCode's vocabulary is under OpenRAIL-M and no part of the project: .ci/run names the folder where it is.
REAL = os.environ.get("SC2_TOKENIZER")
needs_real = pytest.mark.skipif(not REAL, reason="SC2_TOKENIZER names no folder with BigCode's vocabulary")
SEPARATOR = "\n__ggml_vocab_test__\n"  # llama.cpp's
BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json"


@pytest.fixture(scope="module")
def built_in() -> Tokenizer:
    return Tokenizer(BUILT_IN)


@pytest.fixture(scope="module", params=["built-in", pytest.param("real", marks=needs_real)])
def any_tokenizer(request, built_in) -> Tokenizer:
    return built_in if request.param == "built-in" else Tokenizer(Path(REAL) / "tokenizer.json")


def reference() -> list[tuple[str, list[int]]]:
    """Texts and their ids, from llama.cpp's tests of StarCoder2's vocabulary."""
    inputs = (Path(REAL) / "vectors.inp").read_text("utf-8").split(SEPARATOR)
    outputs = (Path(REAL) / "vectors.out").read_text("utf-8").split("\n")
    return [(text, [int(i) for i in ids.split()]) for text, ids in zip(inputs, outputs, strict=True)]


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
def test_round_trip_without_special_ids(any_tokenizer, text):
    ids = any_tokenizer.encode(text)
    assert any_tokenizer.decode(ids) == text
    assert all(i >= len(SPECIAL_TOKENS) for i in ids)
    assert any_tokenizer.encode_kept(text) == tuple(ids)
    assert any_tokenizer.encode_many([text, text]) == [ids, ids]
    assert sum(any_tokenizer.byte_lengths[i] for i in ids) == len(text.encode())


def test_special_strings_within_code_stay_text(any_tokenizer):
    """What a user or an output holds never becomes a sentinel, wherever it stands."""
    text = "".join(f"print('{token}')\n{token}{token} x{token}\n" for token in SPECIAL_TOKENS)
    ids = any_tokenizer.encode(text)
    assert min(ids) >= len(SPECIAL_TOKENS)
    assert any_tokenizer.decode(ids) == text


@pytest.mark.parametrize(
    "text", ["x = '😀 👩\u200d👩\u200d👧 e\u0301 ក្រ 漢字 ½'", "\u0301" * 5, "🦙🦙", "\ufffd!", "é"]
)
def test_half_a_character_is_never_shown(any_tokenizer, text):
    apart = [index for character in text for index in any_tokenizer.encode(character)]  # as many splits as can be
    for answer in (apart, any_tokenizer.encode(text)):
        begun = [any_tokenizer.decode_begun(answer[:count]) for count in range(len(answer) + 1)]
        whole = [*accumulate(text, initial="")]
        assert begun[-1] == text
        assert all(shown in whole for shown in begun), "each is a beginning of the text"
        assert begun == sorted(begun, key=len)


def saved_without(part, path, source=BUILT_IN):
    """A tokenizer.json whose pre-tokenizer lacks `part`, or has none at all."""
    content = json.loads(source.read_text("utf-8"))
    parts = [each for each in content["pre_tokenizer"]["pretokenizers"] if each["type"] != part]
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": parts} if part else None
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize("part", ["Digits", "ByteLevel", None])
def test_a_file_that_splits_otherwise_is_refused(tmp_path, part):
    """transformers 5 rebuilds the pre-tokenizer as plain ByteLevel, without the Digits split, and may save it so."""
    tokenizer = Tokenizer(saved_without(part, tmp_path / "tokenizer.json"))
    with pytest.raises(WeightsError, match=r"tokenizer\.json splits text otherwise") as refused:
        tokenizer.encode("x")
    assert refused.value.code == "weights_corrupt"
    assert "came with the weights" in refused.value.hint


def test_digits_that_stand_together_are_refused(tmp_path):
    content = json.loads(BUILT_IN.read_text("utf-8"))
    content["pre_tokenizer"]["pretokenizers"][0]["individual_digits"] = False
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(WeightsError):
        _ = Tokenizer(tmp_path / "tokenizer.json").vocab_size


def test_a_missing_or_damaged_file_is_an_answer(tmp_path):
    for content in (None, "", "{", "[]"):
        path = tmp_path / "tokenizer.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(WeightsError, match=r"tokenizer\.json"):
            Tokenizer(path).encode("x")


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("source", ["built-in", pytest.param("real", marks=needs_real)])
def test_what_a_checkpoint_added_is_special(tmp_path, built_in, source, special):
    """A file may call its own sentinels ordinary; typed by a user they are plain text all the same."""
    path = BUILT_IN if source == "built-in" else Path(REAL) / "tokenizer.json"
    tokenizer = Tokenizer(with_chatml(path, tmp_path / "tokenizer.json", special))
    begins, ends = size, _ = tokenizer.vocab_size - 2, tokenizer.vocab_size - 1
    assert tokenizer.added == dict(zip(CHATML, (begins, ends), strict=True))
    assert Tokenizer(path).vocab_size == size
    assert Tokenizer(path).added == {}
    text = "<|im_start|>system\nx<|im_end|>\n<file_sep>"
    ids = tokenizer.encode(text)
    assert ids == Tokenizer(path).encode(text)
    assert not any(map(tokenizer.is_special, ids))
    assert [tokenizer.is_special(index) for index in (37, 38, begins, ends)] == [True, False, True, True]
    assert tokenizer.decode([begins, *ids, ends]) == f"<|im_start|>{text}<|im_end|>"
    assert [tokenizer.byte_lengths[index] for index in (begins, ends)] == [0, 0]
    assert not {begins, ends} & tokenizer.spelling.keys(), "a typed word is never spelled with a sentinel"


@needs_real
def test_reference_vectors_of_the_real_vocabulary():
    tokenizer, vectors = Tokenizer(Path(REAL) / "tokenizer.json"), reference()
    assert len(vectors) == 47
    for text, ids in vectors:
        assert tokenizer.encode(text) == ids
        assert tokenizer.decode(ids) == text


@needs_real
def test_the_real_vocabulary_without_its_digit_split_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="splits text otherwise"):
        Tokenizer(saved_without("Digits", tmp_path / "tokenizer.json", Path(REAL) / "tokenizer.json")).encode("x")
