"""Training examples are the product's own prompts."""

import random

import pytest

from jupyter_sc2.tokenizer import SPECIAL_ID
from jupyter_sc2.tune.asked import LIMITS, asked, cells_of
from jupyter_sc2.tune.documents import Cell, Document

CELLS = [
    Cell("text", "# Title"),
    Cell("code", "import pandas as pd"),
    Cell("output", ""),
    Cell("code", "df = pd.read_csv('a')"),
]
CELLS += [Cell("output", "done"), *(Cell("code", f"df['column_{i}'].mean()\nx{i} = {i}") for i in range(30))]
DOCUMENT = Document("package", "a.ipynb", cells=tuple(CELLS))


@pytest.fixture
def rows(tokenizer):
    return list(asked(DOCUMENT, tokenizer, random.Random(5)))


def test_outputs_belong_to_the_cell_above():
    cells, outputs = cells_of(DOCUMENT)
    assert [(cell.kind, outputs[i]) for i, cell in enumerate(cells[:3])] == [
        ("markdown", ""),
        ("code", ""),
        ("code", "done"),
    ]


def test_each_is_one_prompt_and_what_was_hidden(rows, tokenizer):
    assert len(rows) == 16
    for ids in rows:
        assert ids[0] == SPECIAL_ID["<file_sep>"]
        assert ids.count(SPECIAL_ID["<fim_middle>"]) == 1
        assert len(ids) < max(LIMITS) + 300
        text = tokenizer.decode(ids)
        assert text.rsplit("# %%\n", 1)[1].strip() in DOCUMENT.cells[1].source + "".join(c.source + "\n" for c in CELLS)


def test_kernels_names_are_among_them(rows, tokenizer):
    texts = [tokenizer.decode(ids) for ids in rows]
    assert any("# %% [kernel]\n# df: DataFrame (" in text for text in texts)
    assert not all("[kernel]" in text for text in texts)


def test_the_seed_decides(rows, tokenizer):
    assert rows == list(asked(DOCUMENT, tokenizer, random.Random(5)))
