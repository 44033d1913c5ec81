"""What went wrong in a step or a load, as an answer."""

from __future__ import annotations

import errno
import sys
import traceback

import torch

from jupyter_sc2.errors import Sc2Error


def is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in ("not enough memory", "t allocate memory", "out of memory")
    )


def explain(error: Exception, task: str = "this request") -> Sc2Error:
    """The answer to an error of any kind. An unforeseen one is also printed, for the log."""
    if isinstance(error, Sc2Error):
        return error
    if is_out_of_memory(error):
        hint = "Use a shorter context, smaller weights, or close other programs."
        return Sc2Error("out_of_memory", "There was not enough memory for this request.", hint)
    traceback.print_exception(error, file=sys.stderr)
    return Sc2Error("engine_error", f"The engine failed on {task} ({type(error).__name__}).", "Try again.")
