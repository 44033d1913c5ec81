from pathlib import Path

import pytest
import torch
from tiny import answer, run, submit, tiny_engine, write_checkpoint

import jupyter_sc2
from jupyter_sc2.engine.speller import Speller
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json"


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(BUILT_IN)


@pytest.mark.parametrize("text", [" ", "gro", "\n    ", "é", "😀", "_", "x1"])
def test_allows_what_begins_or_continues_the_text(tokenizer, text):
    wanted = text.encode()
    expected = {
        index
        for index, spelled in tokenizer.spelling.items()
        if spelled.startswith(wanted) or (spelled and wanted.startswith(spelled))
    }
    assert set(Speller(tokenizer, text).allowed()) == expected
    assert min(expected) >= len(SPECIAL_TOKENS)


def test_spellings_are_those_of_the_tokenizer(tokenizer):
    for text in ("penguins.groupby('species')", "é😀漢字\n\t"):
        assert b"".join(tokenizer.spelling[i] for i in tokenizer.encode(text)) == text.encode()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = write_checkpoint(tmp_path_factory.mktemp("weights"), vocab_size=8192)
    (folder / "tokenizer.json").write_bytes(BUILT_IN.read_bytes())
    return tiny_engine(folder)


@pytest.mark.parametrize("text", ["gro", " ", "\n    ", "größe", "😀", "completely_unusual_name"])
@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_even_random_weights_spell_what_was_typed(engine, tokenizer, text, temperature):
    ids = tokenizer.encode("df.")
    request = submit("a", ids, new=40, spell=text, temperature=temperature, stop_ids=[])
    new = answer(run(engine, request), "a")
    assert b"".join(tokenizer.spelling.get(i, b"?") for i in new).startswith(text.encode())


def test_after_the_spelling_the_choice_is_free(engine, tokenizer):
    """Healed and unhealed answers agree from the point where both have spelled the same ids."""
    ids = tokenizer.encode("df.")
    healed = answer(run(engine, submit("a", ids, new=12, spell="g")), "a")
    first = healed[0]
    assert torch.tensor(healed[1:]).tolist() == answer(run(engine, submit("b", [*ids, first], new=11)), "b")
