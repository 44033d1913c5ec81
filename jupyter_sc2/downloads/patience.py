"""Trying again what may pass by itself: a line that drops or falls silent, a server that is busy or restarts."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TypeVar

from jupyter_sc2.downloads.settings import Settings

Answer = TypeVar("Answer")
_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# Classes of httpx, httpx2 and requests, by name: which of them the Hub's client uses depends on its version.
_LINE = {"TimeoutException", "NetworkError", "RemoteProtocolError", "ProxyError"}


class Dropped(Exception):
    """The server sent less than it had announced."""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def class_names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def status_of(error: BaseException) -> int:
    """The HTTP status that an error is about; 0 for none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def may_pass(error: BaseException) -> bool:
    if any(isinstance(each, ssl.SSLError) for each in chain(error)):
        return False  # certificates do not change within minutes
    if status := status_of(error):
        return status in _STATUSES
    return isinstance(error, Dropped) or bool(class_names(error) & _LINE)


def asked_wait(error: BaseException) -> float | None:
    """Seconds that the server asks to wait, if it does: `Retry-After`, or what is left of its window."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    told = str(headers.get("retry-after", "")).strip()
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (TypeError, ValueError):
        pass
    left = [part for part in str(headers.get("ratelimit", "")).replace(" ", "").split(";") if part[:2] == "t="]
    return float(left[0][2:]) if left and left[0][2:].isdigit() and status_of(error) == 429 else None


class Patience:
    """`say` hears why and how long it waits, and an empty sentence when it goes on."""

    def __init__(self, settings: Settings, say: Callable[[Exception | None, float], None]) -> None:
        self._settings, self._say = settings, say

    def try_(self, what: Callable[[], Answer], tries: int, reached: Callable[[], int] = lambda: 0) -> Answer:
        """Calls `what` up to `tries` times, counted anew whenever `reached` has grown. Raises its last error."""
        failed, best = 0, reached()
        while True:
            try:
                return what()
            except Exception as error:
                if not may_pass(error):
                    raise
                failed = 1 if reached() > best else failed + 1
                best = max(best, reached())
                if failed >= tries:
                    raise
                seconds = self._wait(failed, asked_wait(error))
                self._say(error, seconds)
            time.sleep(seconds)
            self._say(None, 0.0)

    def _wait(self, failed: int, asked: float | None) -> float:
        settings = self._settings
        if asked is not None:
            return min(asked, settings.longest_retry_after)
        wait = min(settings.first_wait * 2 ** (failed - 1), settings.longest_wait)
        return float(wait * random.uniform(0.75, 1.0))  # not all at the same moment
