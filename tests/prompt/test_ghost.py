import time

import pytest

from jupyter_sc2.notebook import Limits, SourceCell
from jupyter_sc2.prompt import ghost
from jupyter_sc2.tokenizer import SPECIAL_TOKENS

LIMITS = Limits(prompt_ids=1024)


def code(*sources: str) -> list[SourceCell]:
    return [SourceCell(f"c{index}", "code", source) for index, source in enumerate(sources)]


def build(cells, cursor, offset, tokenizer, limits=LIMITS, order="spm"):
    return ghost.build(ghost.Subject(cells, cursor, offset), tokenizer, limits, ghost.Style(order))


def test_layout_with_the_prefix_last(tokenizer):
    prompt = build(code("import os", "x = os.\ny", "print(x)"), 1, 7, tokenizer)
    assert tokenizer.decode(prompt.ids) == (
        "<file_sep># %%\nimport os\n\n<file_sep><fim_prefix><fim_suffix>\ny\n\n# %%\nprint(x)<fim_middle># %%\nx = os."
    )
    assert (prompt.line_prefix, prompt.suffix, prompt.truncated) == ("x = os.", "\ny", False)


def test_layout_of_bigcode_checkpoints(tokenizer):
    prompt = build(code("x = 1"), 0, 4, tokenizer, order="psm")
    assert tokenizer.decode(prompt.ids) == "<file_sep><fim_prefix># %%\nx = <fim_suffix>1<fim_middle>"


def test_markdown_is_shown_as_comments(tokenizer):
    cells = [SourceCell("m", "markdown", "# Load\n\nthe data"), *code("df = ")]
    assert "# %% [markdown]\n# # Load\n#\n# the data\n\n" in tokenizer.decode(build(cells, 1, 5, tokenizer).ids)


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_text_never_becomes_a_special_id(tokenizer, token):
    cells = [SourceCell("m", "markdown", token), *code(f"a = '{token}'", f"b = '{token}'", f"c = '{token}'")]
    plain = [SourceCell("m", "markdown", "t"), *code("a = 't'", "b = 't'", "c = 't'")]
    special = [i for i in build(cells, 2, 5, tokenizer).ids if i < len(SPECIAL_TOKENS)]
    assert special == [i for i in build(plain, 2, 5, tokenizer).ids if i < len(SPECIAL_TOKENS)]


def test_pieces_encode_as_the_whole_script_would(tokenizer):
    sources = ("import numpy as np", "def f(x):\n    return x\n", "y = f(2)  ", "z")
    prompt = build(code(*sources), 3, 1, tokenizer)
    whole = "# %%\nimport numpy as np\n\n# %%\ndef f(x):\n    return x\n\n# %%\ny = f(2)\n\n"
    assert prompt.ids[1 : 1 + len(tokenizer.encode(whole))] == tokenizer.encode(whole)


@pytest.mark.parametrize("limit", [64, 300, 1024])
def test_never_longer_than_the_limit(tokenizer, limit):
    cells = code(*[f"value_{i} = compute({i}, 'text {i}')\n" * 9 for i in range(60)])
    for offset in (0, 100, len(cells[30].source)):
        prompt = build(cells, 30, offset, tokenizer, Limits(limit))
        assert len(prompt.ids) <= limit
        assert prompt.truncated


def test_the_nearest_cells_are_kept(tokenizer):
    cells = code(*[f"cell_number_{i} = {i}" for i in range(200)], "x")
    text = tokenizer.decode(build(cells, 200, 1, tokenizer, Limits(512)).ids)
    assert "cell_number_199" in text
    assert "cell_number_3 " not in text


def test_typing_changes_only_the_end(tokenizer):
    """The figure of the typing benchmark rests on this: at most the last word's ids change with a key."""
    earlier = [f"value_{i} = compute({i}, 'some text')" for i in range(40)]
    typed = "result = value_3.groupby('name')['price'].mean()"
    previous: list[int] = []
    changed = []
    for end in range(1, len(typed) + 1):
        ids = build(code(*earlier, typed[:end]), 40, end, tokenizer).ids
        same = next(
            (n for n, (a, b) in enumerate(zip(ids, previous, strict=False)) if a != b), min(len(ids), len(previous))
        )
        changed.append(len(ids) - same)
        previous = ids
    assert sorted(changed[1:])[len(changed) // 2] <= 3
    assert max(changed[1:]) <= 8


def test_a_cell_longer_than_the_limit_loses_its_first_lines(tokenizer):
    source = "\n".join(f"line_{i} = {i}" for i in range(2000))
    prompt = build(code(source), 0, len(source), tokenizer)
    assert prompt.truncated
    assert "line_1999 = 1999" in tokenizer.decode(prompt.ids)


@pytest.mark.parametrize("text", ["a", " ", "\u0301", "😀", "x = 1\n"])
def test_a_megabyte_is_not_encoded_whole(tokenizer, text, monkeypatch):
    """Tokenising a megabyte takes most of a second; only what can fit is encoded."""
    encode = tokenizer.encode
    monkeypatch.setattr(
        tokenizer, "encode", lambda text: encode(text) if len(text) <= 40_000 else pytest.fail("too much")
    )
    source = text * ((1 << 20) // len(text))
    for cells, cursor, offset in (
        (code(source), 0, len(source)),
        (code(source), 0, 0),
        (code(source), 0, len(source) // 2),
        (code(source, "x", source), 1, 1),
    ):
        prompt = build(cells, cursor, offset, tokenizer)
        assert len(prompt.ids) <= 1024
        assert prompt.truncated or not text.strip()


@pytest.mark.parametrize("source", ["é😀漢字", "a\tb", "\ufeffx", "x = '\x00'"])
def test_any_text_comes_through(tokenizer, source):
    assert source in tokenizer.decode(build(code(source), 0, len(source), tokenizer).ids)


def test_secrets_stay_out_of_the_prompt(tokenizer):
    planted = 'password = "hunter2"'
    cells = code(planted, f"{planted}\nx = 1\n{planted}", planted)
    offset = len(planted) + len("\nx = ")
    prompt = build(cells, 1, offset, tokenizer, Limits(500))
    text = tokenizer.decode(prompt.ids)
    assert "hunter2" not in text
    assert text.count('password = "***"') == 4
    assert prompt.line_prefix == "x = "
    assert prompt.suffix == f"1\n{planted}", "what is shown on the page is not changed"


@pytest.mark.parametrize("offset", range(len('password = "hunter2"') + 1))
def test_a_secret_under_the_cursor_stays_out_too(tokenizer, offset):
    planted = 'password = "hunter2"'
    prompt = build(code(planted), 0, offset, tokenizer, Limits(500))
    text = tokenizer.decode(prompt.ids)
    assert not [piece for piece in ("hun", "unt", "nte", "ter", "er2") if piece in text]


@pytest.mark.parametrize("text", ["1234567890 " * 300, "漢字の文章 " * 400])
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_key_in_a_long_cell_leaves_the_beginning_as_it_is(tokenizer, text, kind):
    """Where ids are dense the cell is cut in steps too, so that the engine finds what it has read."""
    kept = []
    for end in range(len(text) - 40, len(text)):
        cells = [SourceCell("c", kind, text[:end])]
        kept.append(build(cells, 0, end, tokenizer, Limits(512)).ids)
    firsts = [tuple(ids[:64]) for ids in kept]
    assert len(set(firsts)) <= 2
    assert all(len(ids) <= 512 for ids in kept)


def test_a_megabyte_of_prose_is_not_encoded_whole(tokenizer):
    text = "Some words in a row, and more of them.\n" * 25_000
    begun = time.perf_counter()
    for end in range(len(text) - 5, len(text)):
        build([SourceCell("c", "markdown", text[:end])], 0, end, tokenizer)
    assert time.perf_counter() - begun < 2.5  # a key takes less than a tenth of a second


def test_what_a_prompt_leaves_out_is_looked_up(tokenizer):
    sources = [f"name_{n} = measure(wing_{n})  # {'x' * 60}" for n in range(60)]
    sources[3] = "token = 'hf_aB3dE5gH7jK9mN1pQ3sT5vW7'"
    whole = build(code(*sources), 59, 4, tokenizer, Limits(prompt_ids=16_000))
    assert (whole.truncated, whole.document) == (False, ())
    cut = build(code(*sources), 30, 4, tokenizer, Limits(prompt_ids=512))
    text = tokenizer.decode(list(cut.document))
    assert cut.truncated
    assert [text.count(f"name_{n} = ") for n in (0, 29, 30, 31, 59)] == [1, 1, 0, 1, 1], "not the cursor's own"
    assert text.index("name_0") < text.index("name_59")
    assert "hf_" not in text
    assert text.count("<file_sep>") == len(sources) - 1
