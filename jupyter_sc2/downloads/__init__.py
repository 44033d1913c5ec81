"""Weights from the Hugging Face Hub: fetched by a child process, checked, recorded, bundled, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_sc2.downloads.jobs import Downloads

__all__ = ["Downloads"]


def __getattr__(name: str) -> Any:
    """Only the server needs asyncio and the rest of it; child processes and `--help` do not."""
    if name == "Downloads":
        from jupyter_sc2.downloads.jobs import Downloads

        return Downloads
    raise AttributeError(name)
