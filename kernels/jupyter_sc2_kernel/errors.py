"""What goes wrong, as one plain sentence without a secret."""

from __future__ import annotations


class MagicError(Exception):
    """Shown to the user as it is; no traceback goes with it."""


class Stopped(KeyboardInterrupt):
    """The user interrupted the cell. It ends what would run next, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return ["Stopped."]
