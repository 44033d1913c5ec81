import pytest

from jupyter_sc2.notebook import Limits, SourceCell
from jupyter_sc2.prompt import ghost
from jupyter_sc2.prompt.ghost import Prompt
from jupyter_sc2.prompt.heal import MAX_CHARS, split_last_piece
from jupyter_sc2.prompt.trim import Trimmer


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("", ""),
        ("penguins.gro", "gro"),
        ("import numpy as ", " "),
        ("import numpy as", " as"),
        ("x = np.", "."),
        ("print(", "("),
        ("x =", " ="),
        ("for i in x:\n    ", "\n    "),
        ("my_name", "name"),
        ("my_", "_"),
        ("x12", "2"),
        ("größ", "größ"),
        ("x = '😀", " '😀"),
    ],
)
def test_takes_the_last_piece_off(text, rest):
    assert split_last_piece(text) == (text[: len(text) - len(rest)], rest)


@pytest.mark.parametrize("text", ["a" * 1000, "\n" * 1000, "x" + " " * 1000, "=" * 1000])
def test_never_takes_much(text):
    before, rest = split_last_piece(text)
    assert before + rest == text
    assert len(rest) <= MAX_CHARS


def test_the_prompt_stays_the_same_inside_a_word(tokenizer):
    def prompt(source):
        cells = [SourceCell("a", "code", source)]
        return ghost.build(ghost.Subject(cells, 0, len(source)), tokenizer, Limits(512), ghost.Style("spm", heals=True))

    assert prompt("penguins.g").ids == prompt("penguins.group").ids
    assert prompt("penguins.group").spell == "group"
    assert tokenizer.decode(prompt("penguins.group").ids).endswith("# %%\npenguins.")


def shown(tokenizer, spell, generated):
    trimmer = Trimmer(Prompt([], False, "df." + spell, "", spell=spell), tokenizer)
    return "".join(trimmer.feed([token_id]) for token_id in tokenizer.encode(generated)) + trimmer.flush()


def test_what_was_typed_is_not_shown_again(tokenizer):
    assert shown(tokenizer, "gro", "groupby('a')") == "upby('a')"
    assert shown(tokenizer, "groupby", "groupby") == ""


def test_an_answer_that_spells_something_else_is_not_shown(tokenizer):
    assert shown(tokenizer, "gro", "pivot('a')") == ""
