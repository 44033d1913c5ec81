import pytest

from jupyter_sc2.notebook import SourceCell, around

CELLS = [
    SourceCell("a", "markdown", "# Title"),
    SourceCell("b", "raw", "raw text"),
    SourceCell("c", "code", "   \n"),
    SourceCell("d", "code", "x = '😀' + y"),
    SourceCell("e", "code", "print(x)"),
]


def test_splits_at_code_points():
    view = around(CELLS, 3, 6)
    assert (view.before, view.after) == ("x = '😀", "' + y")


def test_leaves_out_raw_and_empty_cells():
    view = around(CELLS, 3, 0)
    assert [cell.id for cell in view.earlier] == ["a"]
    assert [cell.id for cell in view.later] == ["e"]


@pytest.mark.parametrize("offset", [-1, 12])
def test_cursor_outside_the_cell(offset):
    with pytest.raises(ValueError, match="outside"):
        around(CELLS, 3, offset)
