"""What this kernel ran so far: the notebook in the order that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAX_CELLS = 100
MAX_CHARS = 200_000
MAGIC = "%%starcoder"


class History:
    """Cells that ran without an error since the extension was loaded, and all that ran before; each source once."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._failed: set[int] = set()
        shell.events.register("post_run_cell", self._note)

    def cells(self) -> list[dict[str, str]]:
        """Oldest first, without the cell that runs now. An earlier request is text: `markdown`."""
        sources = list(self._shell.history_manager.input_hist_raw)  # type: ignore[union-attr]
        found: dict[str, str] = {}  # source -> kind; the last run of a source counts
        for number in range(1, min(len(sources), self._shell.execution_count)):
            source = sources[number].strip()
            if not source or number in self._failed:
                continue
            kind, source = ("markdown", _request(source)) if source.startswith(MAGIC) else ("code", source)
            found.pop(source, None)
            found[source] = kind
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


def _request(source: str) -> str:
    return source.partition("\n")[2].strip()
