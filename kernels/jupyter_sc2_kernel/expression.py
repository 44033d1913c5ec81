"""The snapshot as a user expression: what a page adds to a silent, empty execute request."""

from __future__ import annotations

from pathlib import Path

NAME = "jupyter_sc2_kernel.snapshot"


def expression() -> str:
    """Python that evaluates to a `snapshot.Report`, in a kernel without this package too. It assigns no name there."""
    source = Path(__file__).with_name("snapshot.py").read_text("utf-8")
    shell = "__import__('IPython').get_ipython()"
    return (
        f"(lambda names: (__import__('builtins').exec({source!r}, names), names['Report']({shell}))[1])"
        f"({{'__name__': {NAME!r}}})"
    )
