"""What is shown of an answer that is wanted exactly: whole characters, and nothing of a stop text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sc2.messages import Logprob
from jupyter_sc2.prompt.plain import Fenced, PlainText
from jupyter_sc2.tokenizer import SPECIAL_ID

TEXTS = st.text(st.sampled_from("ab\n;é日🙂 "), max_size=40)
STOPS = st.lists(st.text(st.sampled_from("ab\n;é日"), min_size=1, max_size=3), max_size=4)


def shown(reader, ids, sizes=(1,)):
    """The pieces of an answer whose ids come in groups of these sizes, over and over."""
    pieces, start, turn = [], 0, 0
    while start < len(ids):
        size = sizes[turn % len(sizes)]
        pieces.append(reader.feed(ids[start : start + size]).text)
        start, turn = start + size, turn + 1
    return [*pieces, reader.flush().text]


def cut(tokenizer, ids, stops):
    """The text up to the first stop text within what the first id has written that completes one."""
    for count in range(1, len(ids) + 1):
        text = tokenizer.decode(ids[:count])
        if any(stop in text for stop in stops):
            return text[: min(text.find(stop) for stop in stops if stop in text)]
    return tokenizer.decode(ids)


@given(TEXTS, STOPS, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_stop_text_ends_the_answer_wherever_tokens_end(tokenizer, text, stops, sizes):
    ids = tokenizer.encode(text)
    pieces = shown(PlainText(tokenizer, stops, len(ids) + 1), ids, sizes)
    wanted = cut(tokenizer, ids, stops)
    so_far = ""
    for piece in pieces:
        so_far += piece
        assert wanted.startswith(so_far)
    assert so_far == wanted


@pytest.mark.parametrize("character", ["é", "日", "🙂"])
def test_no_half_character_is_ever_shown(tokenizer, character):
    byte = dict(tokenizer.spellings)
    for ids in (tokenizer.encode(character), [byte[bytes([each])] for each in character.encode()]):
        reader = PlainText(tokenizer, [], 10)
        assert [reader.feed([token_id]).text for token_id in ids] == [""] * (len(ids) - 1) + [character]
        reader = PlainText(tokenizer, [], 10)
        assert "".join(shown(reader, ids[:-1])) == ""


def test_bytes_that_are_no_text_become_one_mark(tokenizer):
    byte = dict(tokenizer.spellings)
    reader = PlainText(tokenizer, [], 10)
    assert "".join(shown(reader, [byte[b"\xe6"], byte[b"a"], byte[b"\xff"]])) == "\ufffda\ufffd"


def test_what_may_become_a_stop_text_waits(tokenizer):
    reader = PlainText(tokenizer, ["abc"], 10)
    a, b, c = (dict(tokenizer.spellings)[letter] for letter in (b"a", b"b", b"c"))
    assert [reader.feed([each]).text for each in (a, b, a, b)] == ["", "", "ab", ""]
    assert reader.feed([c]).text == ""
    assert reader.stopped
    assert (reader.feed([a]).text, reader.flush().text) == ("", "")


def test_what_was_typed_is_not_shown_and_counts_for_the_prompt(tokenizer):
    typed, ids = "pri", tokenizer.encode("print(x)")
    reader = PlainText(tokenizer, [], 10, typed)
    assert "".join(shown(reader, ids)) == "nt(x)"
    assert reader.spelling_ids == 1


def test_no_more_ids_than_asked_for_after_what_was_typed(tokenizer):
    p, r = (dict(tokenizer.spellings)[letter] for letter in (b"p", b"r"))
    reader = PlainText(tokenizer, [], 2, "pp")
    assert "".join(shown(reader, [p, p, r, r, r])) == "rr"
    assert reader.full


def test_names_of_special_ids_are_visible(tokenizer):
    reader = PlainText(tokenizer, ["ME>"], 10)
    assert "".join(shown(reader, [SPECIAL_ID["<EMAIL>"], SPECIAL_ID["<NAME>"]])) == "<EMAIL><NA"


def test_tokens_come_with_the_text_in_which_they_begin(tokenizer):
    ids = tokenizer.encode("x = 1;y")
    chances = [Logprob(-float(index)) for index in range(len(ids))]
    reader = PlainText(tokenizer, [";y"], 20)
    found = []
    for token_id, chance in zip(ids, chances, strict=True):
        found += reader.feed([token_id], [chance]).tokens
    found += reader.flush().tokens
    assert [tokenizer.decode([token.id]) for token in found] == ["x", " =", " ", "1"]
    assert [token.offset for token in found] == [0, 1, 3, 4]
    assert [token.logprob.logprob for token in found] == [0.0, -1.0, -2.0, -3.0]


def test_code_as_markdown(tokenizer):
    for code, fenced in [("x", "```python\nx\n```"), ("x\n", "```python\nx\n```"), ("", "")]:
        ids = tokenizer.encode(code)
        pieces = shown(Fenced(PlainText(tokenizer, [], 10), "python"), ids)
        assert "".join(pieces) == fenced
