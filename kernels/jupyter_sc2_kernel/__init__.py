"""`%load_ext jupyter_sc2_kernel`: what jupyter-sc2 runs inside a Jupyter kernel. No torch, no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Adds `%%starcoder` to the shell."""
    from jupyter_sc2_kernel.magic import StarCoderMagics

    shell.register_magics(StarCoderMagics(shell))
