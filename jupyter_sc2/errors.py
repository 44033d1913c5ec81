"""What goes wrong, as an answer: a code for programs, a sentence for people, and what to do next."""

from __future__ import annotations


class Sc2Error(Exception):
    """An error that the user sees. `message` and `hint` are plain sentences without secrets or tracebacks."""

    def __init__(self, code: str, message: str, hint: str = "", status: int = 500) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.status = code, message, hint, status


class WeightsError(Sc2Error):
    """The weights are missing, damaged, unsafe or not StarCoder2's."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(code, message, hint, status=503)
