"""The engines' states on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import msgspec
from jupyter_events import EventLogger

from jupyter_sc2.messages import EngineStatus

ENGINE_SCHEMA_ID = "https://events.jupyter-sc2.org/engine/v1"
ENGINE_SCHEMA_PATH = Path(__file__).parent / "engine.yaml"


class StatusNews:
    """Emits the newest status of each engine, at once when its state is another, else every `period` seconds."""

    def __init__(
        self, logger: EventLogger, log: logging.Logger | logging.LoggerAdapter[Any], period: float = 0.5
    ) -> None:
        self._logger, self._log, self.period = logger, log, period
        self._emitted: dict[str, EngineStatus] = {}
        self._pending: dict[str, EngineStatus] = {}
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, status: EngineStatus) -> None:
        """Called on each change, on the event loop's thread. Never raises: news must not stop an engine."""
        before = self._emitted.get(status.weights)
        self._pending[status.weights] = status
        if before is None or before.state != status.state:
            self._emit(status.weights)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.period, self._emit_pending)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _emit_pending(self) -> None:
        self._timer = None
        for weights in list(self._pending):
            self._emit(weights)

    def _emit(self, weights: str) -> None:
        status = self._pending.pop(weights)
        if self._emitted.get(weights) == status:
            return
        self._emitted[weights] = status
        try:
            self._logger.emit(schema_id=ENGINE_SCHEMA_ID, data=msgspec.to_builtins(status))
        except Exception as error:
            self._log.error("The engine's state was not emitted: %s", type(error).__name__)
