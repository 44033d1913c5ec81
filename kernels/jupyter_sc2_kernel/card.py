"""The line above the code: what is going on, a stop button, then insert and copy. Plain text where no widgets are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from IPython.display import display, update_display

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
COMM_TARGET = "jupyter_sc2"  # the labextension inserts cells and copies text


class PlainCard:
    """One line of text."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._line = ""

    @property
    def is_shown(self) -> bool:
        return self._id is not None

    def tell(self, line: str, share: float | None = None) -> None:
        """Shows `line`; `share` is 0..1 of what is being waited for, None when there is no telling."""
        if line != self._line:
            self._line = line
            self._publish({"text/plain": line})

    def finish(self, line: str, code: str) -> None:
        """Shows the last line; from now on `code` can be inserted and copied."""
        self.tell(line)

    def _publish(self, bundle: dict[str, Any]) -> None:
        if self._id is None:
            self._id = display(bundle, raw=True, display_id=True).display_id
        else:
            update_display(bundle, raw=True, display_id=self._id)


class WidgetCard(PlainCard):
    """The same line with a progress bar and buttons. Raises ImportError without ipywidgets."""

    def __init__(self, on_stop: Callable[[], None], cell_id: str | None) -> None:
        super().__init__()
        import ipywidgets as widgets

        self._cell_id, self._code = cell_id, ""
        self._text = widgets.Label()
        self._bar = widgets.FloatProgress(min=0, max=1, layout={"width": "8em"})
        self._stop = widgets.Button(description="Stop", icon="stop", tooltip="Stop writing", layout=_WIDTH)
        self._insert = widgets.Button(
            description="Insert", icon="plus", tooltip="Insert the code into a new cell below", layout=_WIDTH
        )
        self._copy = widgets.Button(description="Copy", icon="copy", tooltip="Copy the code", layout=_WIDTH)
        self._stop.on_click(lambda _: self._on_stop(on_stop))
        # ipykernel 7.4 sends a click to the shell that made the button, which is busy with the cell that is to be
        # stopped. This leaves it on the subshell that the page has chosen; elsewhere it changes nothing.
        if self._stop.comm is not None:
            self._stop.comm._reply_subshell_for = lambda data, chosen: chosen
        self._insert.on_click(lambda _: self._ask_page("insert"))
        self._copy.on_click(lambda _: self._ask_page("copy"))
        self._box = widgets.HBox([self._bar, self._stop, self._text])
        self._view = self._box._repr_mimebundle_()[WIDGET_MIME]

    def tell(self, line: str, share: float | None = None) -> None:
        if self._bar.value != (share or 0.0):
            self._bar.value = share or 0.0
        if line != self._text.value:
            self._text.value = line
        super().tell(line, share)

    def finish(self, line: str, code: str) -> None:
        self._code = code
        self._box.children = [self._insert, self._copy, self._text] if code else [self._text]
        super().finish(line, code)

    def _publish(self, bundle: dict[str, Any]) -> None:
        super()._publish({**bundle, WIDGET_MIME: self._view})

    def _on_stop(self, on_stop: Callable[[], None]) -> None:
        self._stop.disabled = True
        on_stop()

    def _ask_page(self, action: str) -> None:
        """Only the page can insert cells and copy; one without jupyter-sc2 closes the comm unheard."""
        from comm import create_comm

        with contextlib.suppress(Exception):
            create_comm(
                target_name=COMM_TARGET, data={"action": action, "code": self._code, "cell_id": self._cell_id}
            ).close()


_WIDTH = {"width": "7em"}


def card(widgets: bool, on_stop: Callable[[], None], cell_id: str | None) -> PlainCard:
    """A card with buttons where ipywidgets is installed and wanted."""
    if widgets:
        with contextlib.suppress(ImportError):
            return WidgetCard(on_stop, cell_id)
    return PlainCard()
