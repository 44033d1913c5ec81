"""Answers to numbers."""

from jupyter_sc2.evaluate.completer import Completion
from jupyter_sc2.evaluate.documents import Document, source_cell
from jupyter_sc2.evaluate.report import report
from jupyter_sc2.evaluate.runs import Answer, Contender, Run
from jupyter_sc2.evaluate.scores import score
from jupyter_sc2.evaluate.tasks import Hole


def answer(name, group):
    hole = Hole("next_line", Document(name, (source_cell("c", "code", "x = 1"),), group=group), 0, 0, 5)
    return Answer(hole, Completion("x = 1", 3, 1.0, 2.0, 9), score(hole, "x = 1", 3), True)


def test_notebooks_that_are_made_of_one_file_count_once():
    answers = [answer("lived/a-1", "a"), answer("lived/a-2", "a"), answer("b", "b"), answer("b", "b")]
    assert report(Run(Contender("me", "built-in", "document", 512), answers), 0)["files"] == 2
