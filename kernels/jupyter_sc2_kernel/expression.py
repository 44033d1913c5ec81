"""The snapshot as a user expression: what a page adds to a silent, empty execute request."""

from __future__ import annotations

from pathlib import Path

NAME = "jupyter_sc2_kernel.snapshot"


def expression() -> str:
    """Python that evaluates to a `snapshot.Report`, in a kernel without this package too. It assigns no name there.

    The code becomes a function with globals of its own, where `exec` and `__import__` are Python's and not the user's.
    """
    source = Path(__file__).with_name("snapshot.py").read_text("utf-8")
    report = "names['Report'](__import__('IPython').get_ipython())"
    code = f"(lambda names: (exec({source!r}, names), {report})[1]).__code__"
    return f"(lambda: 0).__class__({code}, {{}})({{'__name__': {NAME!r}}})"
