import hashlib
import json

import pytest

from jupyter_sc2.cells import CellsMissing, CellStore
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Cell, OpenFile, StateRef


def cell(source, *, known=False, name="c"):
    return Cell(name, "code", hashlib.sha256(source.encode()).hexdigest(), None if known else source)


def test_a_source_is_sent_once():
    store = CellStore()
    store.resolve("page", [cell("é = 1")])
    ((found,), state, _) = store.resolve("page", [cell("é = 1", known=True, name="moved")])
    assert state is None
    assert (found.id, found.kind, found.source) == ("moved", "code", "é = 1")
    assert store.size == len("é = 1".encode())


def test_pages_do_not_see_each_other():
    store = CellStore()
    store.resolve("page", [cell("secret")])
    with pytest.raises(CellsMissing):
        store.resolve("another", [cell("secret", known=True)])


def test_each_missing_cell_is_named_once_and_the_rest_is_kept():
    store = CellStore()
    with pytest.raises(CellsMissing) as error:
        store.resolve("page", [cell("a"), cell("b", known=True), cell("c", known=True), cell("b", known=True)])
    assert error.value.missing == [cell("b").sha, cell("c").sha]
    assert (error.value.code, error.value.status) == ("need_cells", 409)
    assert len(store.resolve("page", [cell("a", known=True)])[0]) == 1


@pytest.mark.parametrize("limits", [{"max_bytes": 10}, {"max_entries": 2}])
def test_the_least_used_goes_first(limits):
    store = CellStore(**limits)
    for source in ("aaaaa", "bbbbb"):
        store.resolve("page", [cell(source)])
    store.resolve("page", [cell("aaaaa", known=True)])
    store.resolve("page", [cell("ccccc")])
    store.resolve("page", [cell("aaaaa", known=True)])
    with pytest.raises(CellsMissing):
        store.resolve("page", [cell("bbbbb", known=True)])
    assert store.size == 10


def test_a_wrong_sha_is_refused_and_the_bound_holds():
    store = CellStore(max_bytes=10)
    wrong = Cell("c", "code", "0" * 64, "x")
    with pytest.raises(Sc2Error, match="SHA-256") as error:
        store.resolve("page", [cell("a" * 8), cell("b" * 8), wrong])
    assert (error.value.code, error.value.status) == ("bad_value", 422)
    assert store.size <= 10


def test_a_request_larger_than_the_store_is_still_answered():
    assert len(CellStore(max_bytes=1).resolve("page", [cell("aaa"), cell("bbb")]).cells) == 2


def test_all_sources_together_are_bounded(monkeypatch):
    monkeypatch.setattr("jupyter_sc2.cells.MAX_NOTEBOOK_BYTES", 1 << 20)
    store = CellStore()
    store.resolve("page", [cell("a" * 700_000)])
    with pytest.raises(Sc2Error, match="1 MiB") as error:
        store.resolve("page", [cell("a" * 700_000, known=True), cell("b" * 700_000)])
    assert error.value.code == "too_large"


def test_a_state_is_sent_once():
    store = CellStore()
    text = '{"runs": [{"id": "c", "order": 3}]}'
    sha = hashlib.sha256(text.encode()).hexdigest()
    store.resolve("page", [cell("a")], StateRef(sha, text))
    _, state, _ = store.resolve("page", [cell("a", known=True)], StateRef(sha))
    assert [(run.id, run.order) for run in state.runs] == [("c", 3)]
    with pytest.raises(CellsMissing) as error:
        store.resolve("page", [cell("a", known=True)], StateRef("0" * 64))
    assert error.value.missing == ["0" * 64]


@pytest.mark.parametrize("text", ["", "[]", '{"runs": [{"id": "c", "order": 0}]}', '{"more": 1}', "[" * 100_000])
def test_a_state_that_is_none_is_refused(text):
    state = StateRef(hashlib.sha256(text.encode()).hexdigest(), text)
    with pytest.raises(Sc2Error, match="NotebookState") as error:
        CellStore().resolve("page", [cell("a")], state)
    assert (error.value.code, error.value.status) == ("bad_value", 422)


def ref(text):
    return StateRef(hashlib.sha256(text.encode()).hexdigest(), text)


def test_what_a_cell_printed_is_text_to_the_model():
    """A request's own text with NUL is refused; an output with it must not end ghost text in its notebook."""
    printed = {"id": "c", "order": 1, "output": "a\0b", "error": "\\u0000 \\\0"}
    beside = json.dumps({"path": "b.ipynb", "source": "x = '\0'"})
    found = CellStore().resolve("page", [cell("a")], ref(json.dumps({"runs": [printed]})), [ref(beside)])
    assert (found.state.runs[0].output, found.state.runs[0].error) == ("a\ufffdb", "\\u0000 \\\ufffd")
    assert found.beside[0].source == "x = '\ufffd'"


@pytest.mark.parametrize("half", ["\\ud800", "\\udc00", "\\ud83dx", "\\ud800\\ud800"])
def test_half_of_a_surrogate_pair_is_refused(half):
    with pytest.raises(Sc2Error, match="NotebookState"):
        CellStore().resolve("page", [cell("a")], ref(f'{{"runs": [{{"id": "c", "order": 1, "output": "{half}"}}]}}'))
    with pytest.raises(Sc2Error, match="OpenFiles"):
        CellStore().resolve("page", [cell("a")], None, [ref(f'{{"path": "b", "source": "{half}"}}')])


def test_other_notebooks_are_sent_once():
    store = CellStore()
    text = '{"path": "work/b.ipynb", "source": "y = 2"}'
    ref = StateRef(hashlib.sha256(text.encode()).hexdigest(), text)
    assert store.resolve("page", [cell("a")], None, [ref]).beside == (OpenFile("work/b.ipynb", "y = 2"),)
    known = store.resolve("page", [cell("a", known=True)], None, [StateRef(ref.sha)])
    assert ([one.source for one in known.cells], known.beside[0].source) == (["a"], "y = 2")
    with pytest.raises(Sc2Error, match="OpenFiles"):
        store.resolve("page", [cell("a")], None, [StateRef(cell("a").sha, "a")])
