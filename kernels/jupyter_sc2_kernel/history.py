"""What this kernel ran so far: the notebook in the order that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAX_CELLS = 100
MAX_CHARS = 200_000
MAGIC = ("%%starcoder", "%starcoder")


class History:
    """Cells that ran without an error since the extension was loaded, and all that ran before; each source once."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._failed: set[int] = set()
        self._requests: dict[str, str] = {}  # source of a cell with the magic -> its words
        shell.events.register("post_run_cell", self._note)

    def cells(self, request: str) -> list[dict[str, str]]:
        """Oldest first, without the cell that runs now, which asks for `request`. Earlier requests are text."""
        sources = list(self._shell.history_manager.input_hist_raw)  # type: ignore[union-attr]
        if sources and sources[-1].lstrip().startswith(MAGIC):  # the cell that runs now
            self._requests[sources.pop().strip()] = request
        found: dict[str, str] = {}  # source -> kind; the last run of a source counts
        for number, source in enumerate(map(str.strip, sources)):
            if number in self._failed or _only_magics(source):
                continue
            text = self._requests.get(source, source)
            found.pop(text, None)
            found[text] = "code" if text == source else "markdown"
        found.pop(request, None)  # the cell ran before: it is to answer as it did then
        chosen: list[dict[str, str]] = []
        room = MAX_CHARS
        for source, kind in reversed(found.items()):
            room -= len(source)
            if room < 0 or len(chosen) == MAX_CELLS:
                break
            chosen.append({"kind": kind, "source": source})
        return chosen[::-1]

    def _note(self, result: Any) -> None:
        if not result.success and result.execution_count is not None:
            self._failed.add(result.execution_count)


def _only_magics(source: str) -> bool:
    """Whether there is nothing to learn from: no line, or only `%load_ext` and its like."""
    lines = [line for line in source.splitlines() if line.strip()]
    return all(line.startswith(("%", "!")) for line in lines) and not source.startswith(MAGIC)
