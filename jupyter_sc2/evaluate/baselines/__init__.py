"""What answers the same holes without a neural network, so that a number means something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.baselines.copy_line import CopyLine
from jupyter_sc2.evaluate.baselines.kneser_ney import KneserNey
from jupyter_sc2.evaluate.baselines.names import Names
from jupyter_sc2.evaluate.baselines.suggestion import Suggestion
from jupyter_sc2.evaluate.documents import Document
from jupyter_sc2.evaluate.tasks import Hole

__all__ = ["BASELINES", "Baseline", "Suggestion", "load"]

BASELINES = ("kneser-ney", "copy-line", "copy-line-beside", "jedi")


class Baseline(Protocol):
    def suggest(self, hole: Hole) -> Suggestion:
        """Must not look at what the hole hides."""


def load(name: str, work: Path | None, siblings: Sequence[Document] = ()) -> Baseline:
    """One of BASELINES. Raises Sc2Error when it lacks something."""
    if name == "copy-line":
        return CopyLine()
    if name == "copy-line-beside":
        return CopyLine(siblings)
    if name == "jedi":
        return Names()
    if work is None:
        raise Sc2Error("bad_value", "kneser-ney needs --work FOLDER, where the built-in weights' training text is.")
    return KneserNey(work)
