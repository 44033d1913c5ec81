"""The baseline `jedi`: names as JupyterLab completes them, without a kernel. It knows nothing of whole lines."""

from __future__ import annotations

from importlib import import_module

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.baselines.suggestion import Suggestion
from jupyter_sc2.evaluate.tasks import Hole


class Names:
    """The rest of the name at the cursor: the first that is proposed. Raises Sc2Error without jedi.

    jedi reads the code and the installed packages; it runs nothing of a notebook.
    """

    def __init__(self) -> None:
        try:
            self.jedi = import_module("jedi")  # it has no types
        except ImportError:
            raise Sc2Error("no_jedi", "The baseline jedi needs a package: pip install jedi.") from None

    def suggest(self, hole: Hole) -> Suggestion:
        if hole.task != "rest_of_line" or hole.document.language != "python":
            return Suggestion("")
        above = [cell.source for cell in hole.document.cells[: hole.cell] if cell.kind == "code"]
        code = [source for source in above if not source.startswith("%%")]
        code.append(hole.document.cells[hole.cell].source[: hole.start])
        try:
            script = self.jedi.Script("\n".join(code), environment=self.jedi.InterpreterEnvironment())
            found = script.complete()
        except Exception:  # whatever its analysis stumbles over; a completer that fails shows nothing
            return Suggestion("")
        return Suggestion(next((one.complete or "" for one in found if one.get_completion_prefix_length()), ""))
