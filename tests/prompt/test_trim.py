import pytest

from jupyter_sc2.prompt.ghost import Prompt
from jupyter_sc2.prompt.trim import Trimmer


def shown(tokenizer, generated: str, line_prefix: str = "", suffix: str = "", complete: bool = True, language="python"):
    """What a user sees when the model writes `generated`, fed one id at a time."""
    trimmer = Trimmer(Prompt([], False, line_prefix, suffix, language), tokenizer)
    pieces = []
    for token_id in tokenizer.encode(generated):
        pieces.append(trimmer.feed([token_id]))
        if trimmer.finished:
            return "".join(pieces)
    return "".join(pieces) + trimmer.flush(complete)


CASES = {
    "the rest of a line": ("groupby('a')\nprint(1)", "df.", "", "groupby('a')"),
    "an open bracket goes on": ("plot(\n    x,\n    y,\n)\nz = 1", "plt.", "", "plot(\n    x,\n    y,\n)\nz = 1"),
    "a block under a colon": ("x):\n    return x\n\nf(2)", "def f(", "", "x):\n    return x"),
    "a bracket already there": ("x)", "print(", ")", "x"),
    "a bracket of its own is kept": ("len(x)", "print(", ")", "len(x)"),
    "so is an index": ("df['a']", "df[", "]", "df['a']"),
    "so is a dictionary": ("{'b': 1}", "{'a': ", "}", "{'b': 1}"),
    "opened on an earlier line": ("f(x)", "    ", ")", "f(x)"),
    "and closed once too often": ("f(x))", "    ", ")", "f(x)"),
    "one bracket of two": ("x), y)", "foo(bar(", ")", "x), y"),
    "part of what follows": ("a)\n", "f(", ", b)", "a"),
    "a quote already there": ('x"', 'print("', '")', "x"),
    "words already there": ("f(x) for x in y\n", "[", " for x in y]", "f(x)"),
    "one line when text follows": ("x\ny\nz", "print(", ")", "x"),
    "a blank line ends": ("a = 1\nb = 2\n\nc = 3", "", "", "a = 1\nb = 2"),
    "leading blank lines are kept": ("\n\nx = 1\n\n", "", "", "\n\nx = 1"),
    "a new cell ends": ("a = 1\n# %%\nb = 2", "", "", "a = 1"),
    "an output ends": ("a = 1\na\n#> 1\nb = 2", "", "", "a = 1\na"),
    "a step out of the block ends": ("x = 1\n    y = 2\nz = 3", "    ", "", "x = 1\n    y = 2"),
    "a closing bracket may step out": ("a = [\n        1,\n    ]", "        ", "", "a = [\n        1,\n    ]"),
    "the next line of the cell ends": ("a = 1\nprint(a)\n", "", "\nprint(a)", "a = 1"),
    "a repeat of the line above ends": ("f()\nf()\nf()\nf()\n", "", "", "f()"),
    "a closer that stands below already": ("a,\n}\nb", "    ", "\n}", "a,"),
    "nothing after a finished line": ("\nimport sys", "import os", "", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_where_a_person_would(tokenizer, name):
    generated, line_prefix, suffix, expected = CASES[name]
    assert shown(tokenizer, generated, line_prefix, suffix) == expected


def test_a_half_written_later_line_is_not_shown(tokenizer):
    assert shown(tokenizer, "a = 1\nb = som", complete=False) == "a = 1"
    assert shown(tokenizer, "a = som", complete=False) == "a = som"


def test_other_languages_may_step_out(tokenizer):
    assert shown(tokenizer, "x <- 1\n}\ny", "  ", language="R") == "x <- 1\n}\ny"


def test_first_characters_come_at_once(tokenizer):
    trimmer = Trimmer(Prompt([], False, "df.", ""), tokenizer)
    assert trimmer.feed(tokenizer.encode("group")) == "group"


def test_a_split_character_waits(tokenizer):
    ids = tokenizer.encode("'😀'")
    trimmer = Trimmer(Prompt([], False, "x = ", ""), tokenizer)
    pieces = [trimmer.feed([i]) for i in ids]
    assert "".join(pieces) == "'😀'"
    assert not any("\ufffd" in piece for piece in pieces)


def test_what_stands_before_a_split_character_is_shown(tokenizer):
    """However the ids come: an answer that is cut within a character keeps what it had before."""
    ids = tokenizer.encode("'smile 😀")
    half = next(count for count in range(len(ids), 0, -1) if tokenizer.decode(ids[:count]).endswith("\ufffd"))
    trimmer = Trimmer(Prompt([], False, "x = ", ""), tokenizer)
    assert (trimmer.feed(ids[:half]) + trimmer.flush(complete=False)).rstrip() == "'smile"


def test_endless_repetition_ends(tokenizer):
    assert len(shown(tokenizer, ".grow.up" * 20, "df")) <= 4 * len(".grow.up")
    assert shown(tokenizer, "x = 1\n" + "ab, cd, " * 20, "") == "x = 1"
    for line in ("np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])", "# " + "-" * 60):
        assert shown(tokenizer, line) == line


def test_at_most_twelve_lines(tokenizer):
    generated = "\n".join(f"x{i} = {i}" for i in range(40))
    assert shown(tokenizer, generated).count("\n") == 11


def kept(tokenizer, generated: str, prefix: str = "", suffix: str = "", language: str = "python") -> str:
    trimmer = Trimmer(Prompt([], False, prefix, suffix, language), tokenizer)
    for token_id in tokenizer.encode(generated):
        trimmer.feed([token_id])
        if trimmer.finished:
            break
    trimmer.flush()
    return trimmer.kept()


def test_the_end_keeps_what_makes_sense(tokenizer):
    assert kept(tokenizer, "head()\n", "df.") == "head()"
    assert kept(tokenizer, "plot(x, [1", "plt.") == "plot(x, [1])"
    assert kept(tokenizer, "y = 2\n    z = 3", "x = 1\n") == "y = 2"
    assert kept(tokenizer, "= = 2", "x = 1\ny ", "\nz = 3") == ""
    assert kept(tokenizer, "[ [ [", "x <- ", language="R") == "[ [ ["


@pytest.mark.parametrize("again", [' ".8",', "bb", "-b", "10, "])
def test_endless_repetition_is_no_suggestion(tokenizer, again):
    assert kept(tokenizer, again * 40, "x = [1,") == ""
    assert kept(tokenizer, "y = 2\nz = " + again * 40, "if x:\n    ").strip() in ("y = 2", "")


def test_a_row_of_numbers_is_no_endless_repetition(tokenizer):
    assert kept(tokenizer, "0, 0, 0, 1]", "x = [") == "0, 0, 0, 1]"
