"""StarCoder2 inside Jupyter. Importing this package loads neither torch nor the Jupyter server."""

from __future__ import annotations

from typing import Any


def _find_version() -> str:
    """The built version; an installation without `_version.py` is asked for its metadata."""
    try:
        from jupyter_sc2._version import __version__ as built
    except ImportError:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("jupyter-sc2")
        except PackageNotFoundError:
            return "0.0.0"
    return str(built)


__version__ = _find_version()


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-sc2"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_sc2.extension import Sc2App

    return [{"module": "jupyter_sc2", "app": Sc2App}]


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jupyter_sc2` does what `%load_ext jupyter_sc2_kernel` does."""
    from jupyter_sc2_kernel import load_ipython_extension as load

    load(shell)
