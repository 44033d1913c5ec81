"""Texts that end an answer."""

import pytest
from tiny import answer, ending, run, submit, tiny_engine, write_checkpoint

from jupyter_sc2.engine.stops import Stops


def first_complete(tokenizer, ids, texts, skipped=""):
    """The number of ids after which a text is complete; None for never."""
    stops = Stops(tokenizer, texts, skipped)
    return next((number for number, token_id in enumerate(ids, 1) if stops.complete(token_id)), None)


@pytest.mark.parametrize("text", ["birds.groupby('species').mean()\n\n\nprint(x)", "größe = '😀😀'\n```\nend"])
@pytest.mark.parametrize("stops", [["\n\n"], ["```"], ["by('sp"], ["😀"], ["nd", "zzz"], ["ö", "print(x)"], ["zzz"]])
def test_found_wherever_the_borders_of_tokens_are(tokenizer, text, stops):
    for ids in (tokenizer.encode(text), [i for character in text for i in tokenizer.encode(character)]):
        spelled = b""
        expected = None
        for number, token_id in enumerate(ids, 1):
            spelled += tokenizer.spelling[token_id]
            if expected is None and any(stop.encode() in spelled for stop in stops):
                expected = number
        assert first_complete(tokenizer, ids, stops) == expected


def test_inside_one_token_and_in_special_ids(tokenizer):
    (token_id,) = tokenizer.encode("import")
    assert first_complete(tokenizer, [token_id], ["por"]) == 1
    assert first_complete(tokenizer, [50, 6], ["<file_sep>"]) == 2


def test_what_was_typed_already_does_not_count(tokenizer):
    ids = tokenizer.encode("x = x + 1")
    assert first_complete(tokenizer, ids, ["x"]) == 1
    assert first_complete(tokenizer, ids, ["x"], skipped="x =") == ids.index(tokenizer.encode(" x")[0]) + 1


@pytest.fixture(scope="module")
def engine(tmp_path_factory, tokenizer):
    folder = write_checkpoint(tmp_path_factory.mktemp("weights"), vocab_size=8192)
    (folder / "tokenizer.json").write_bytes(tokenizer.path.read_bytes())
    return tiny_engine(folder)


def test_the_answer_ends_with_the_id_that_completes_a_stop(engine, tokenizer):
    ids = tokenizer.encode("df.")
    whole = answer(run(engine, submit("a", ids, 30)), "a")
    bytes_of = [tokenizer.spelling.get(i, b"?") for i in whole]
    across = (bytes_of[9][-1:] + bytes_of[10][:1]).decode("latin-1")
    if not across.isascii():
        across = tokenizer.decode(whole)[20:22]
    frames = run(engine, submit("b", ids, 30, stop=["never written", across]))
    found = answer(frames, "b")
    assert ending(frames, "b").finish == "stop"
    assert found == whole[: len(found)]
    assert across in tokenizer.decode(found)
    assert across not in tokenizer.decode(found[:-1])
