"""How long to wait after a worker's death, and when to give up."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

MAX_DEATHS = 3
DEATHS_SECONDS = 300.0


class Backoff:
    """Waits grow with each death and start over after a life of more than DEATHS_SECONDS."""

    def __init__(self, waits: Sequence[float]) -> None:
        self.waits = waits
        self.forget()

    def forget(self) -> None:
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)
        self._streak = 0

    def after_death(self, now: float, lifetime: float) -> float | None:
        """Seconds to wait; None after MAX_DEATHS within DEATHS_SECONDS. Times are monotonic."""
        self._deaths.append(now)
        if len(self._deaths) == MAX_DEATHS and now - self._deaths[0] < DEATHS_SECONDS:
            return None
        self._streak = 1 if lifetime > DEATHS_SECONDS else self._streak + 1
        return self.waits[min(self._streak, len(self.waits)) - 1]
