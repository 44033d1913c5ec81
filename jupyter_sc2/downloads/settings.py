"""How patient a download is. Tests make everything short."""

from __future__ import annotations

from msgspec import Struct


class Settings(Struct, frozen=True):
    """Seconds, but for the counts. `first_tries`: before the Hub has answered at all; a name that is mistyped or a
    machine without a network is told soon. `tries`: without a single new byte in between; about four minutes."""

    connect: float = 15.0
    stall: float = 60.0
    first_tries: int = 4
    tries: int = 10
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_retry_after: float = 300.0  # the Hub's limits are for five minutes
    report: float = 0.5
    at_once: int = 2  # downloads


class Task(Struct, frozen=True):
    """What a child process is told, as an argument. Others see it in the list of processes, so it holds no secret."""

    weights: str
    branch: str
    cache: str
    settings: Settings = Settings()
