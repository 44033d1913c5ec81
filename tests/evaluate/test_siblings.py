"""Which documents stand beside another one in an evaluation, and what is read of them."""

from pathlib import Path

from jupyter_sc2.evaluate import siblings as room
from jupyter_sc2.evaluate.documents import Document, source_cell
from jupyter_sc2.evaluate.siblings import Siblings, beside
from jupyter_sc2.ngrams import Ngrams


def document(name, code="x = 1", group="", **changes):
    cells = (source_cell("t", "markdown", "prose of some length"), source_cell("c", "code", code))
    return Document(name, cells, group=group or name, **changes)


def names(one, documents):
    return [other.name for other in beside(one, documents)]


def test_documents_of_its_folder_the_nearest_first():
    documents = [document(name) for name in ("f/a", "f/b", "f/c", "f/c/d", "g/a")]
    assert names(documents[2], documents) == ["f/b", "f/a"]
    assert names(documents[3], documents) == []
    assert names(documents[2], []) == [], "asked alone"


def test_few_are_read(monkeypatch):
    monkeypatch.setattr(room, "MAX_FILES", 2)
    documents = [document(f"f/{number}") for number in range(9)]
    assert names(documents[8], documents) == ["f/7", "f/6"]


def test_one_of_a_group_and_none_of_its_own():
    groups = {"f/a1": "a", "f/a2": "a", "f/b1": "b", "f/b2": "b", "f/c": "c"}
    documents = [document(name, group=group) for name, group in groups.items()]
    assert names(documents[1], documents) == ["f/b1", "f/c"]


def test_of_a_group_that_with_most_code():
    documents = [document("f/a"), document("f/b1", group="b"), document("f/b2", "x = 1\ny = 2", "b")]
    assert names(documents[0], documents) == ["f/b2"]


def test_other_languages_are_left_out():
    documents = [document("f/a"), document("f/b", language="r"), document("f/c")]
    assert names(documents[0], documents) == ["f/c"]
    assert names(documents[1], documents) == []


def lines(*numbers):
    return "\n".join(f"a_long_line({number:04d})" for number in numbers)


def test_near_copies_are_left_out():
    own = document("f/a", lines(1, 2, 3, 4, 1) + "\nshort\n\n")
    half = document("f/b", "short\n    " + lines(1, 2, 5, 6, 7))
    more = document("f/c", lines(1, 2, 3))
    assert names(own, [own, half, more]) == ["f/b"]
    assert names(more, [own, half, more]) == [], "two of its three lines stand in f/b, all in f/a"


def test_the_product_reads_them(tokenizer):
    key = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7"
    documents = [document("f/a"), document("f/b", f"login('{key}')"), document("f/c", "measure_wing(bird)")]
    siblings = Siblings(documents, tokenizer)
    table = siblings.table(documents[0])
    text = tokenizer.decode(Ngrams.open(Path(table)).backwards[::-1].tolist())
    assert text == "<file_sep>login('***')\n\n<file_sep>measure_wing(bird)\n\n"
    assert siblings.table(documents[0]) == table, "built once"
    assert list(Path(table).parent.iterdir()) == [Path(table)]
    assert Siblings([], tokenizer).table(documents[0]) == ""
    siblings.close()
    assert not Path(table).parent.exists()
