"""Engines, downloads and roles on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import msgspec
from jupyter_events import EventLogger

from jupyter_sc2.messages import Download, EngineStatus, RoleChoice

ENGINE_SCHEMA_ID = "https://events.jupyter-sc2.org/engine/v1"
DOWNLOAD_SCHEMA_ID = "https://events.jupyter-sc2.org/download/v1"
ROLES_SCHEMA_ID = "https://events.jupyter-sc2.org/roles/v1"
SCHEMA_PATHS = [Path(__file__).parent / name for name in ("engine.yaml", "download.yaml", "roles.yaml")]


class News:
    """Emits what happens. Never raises: news must not stop what they tell of."""

    def __init__(self, logger: EventLogger, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        self._logger, self._log = logger, log

    def tell_download(self, download: Download) -> None:
        self.emit(DOWNLOAD_SCHEMA_ID, msgspec.to_builtins(download))

    def tell_roles(self, roles: list[RoleChoice]) -> None:
        self.emit(ROLES_SCHEMA_ID, {"roles": msgspec.to_builtins(roles)})

    def emit(self, schema_id: str, data: dict[str, Any]) -> None:
        try:
            self._logger.emit(schema_id=schema_id, data=data)
        except Exception as error:
            self._log.error("%s was not emitted: %s", schema_id, type(error).__name__)


class StatusNews:
    """Emits the newest status of each engine, at once when its state is another, else every `period` seconds."""

    def __init__(self, news: News, period: float = 0.5) -> None:
        self._news, self.period = news, period
        self._emitted: dict[str, EngineStatus] = {}
        self._pending: dict[str, EngineStatus] = {}
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, status: EngineStatus) -> None:
        """Called on each change, on the event loop's thread."""
        before = self._emitted.get(_name(status))
        self._pending[_name(status)] = status
        if before is None or before.state != status.state or before.roles != status.roles:
            self._emit(_name(status))
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.period, self._emit_pending)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _emit_pending(self) -> None:
        self._timer = None
        for name in list(self._pending):
            self._emit(name)

    def _emit(self, name: str) -> None:
        status = self._pending.pop(name)
        if self._emitted.get(name) == status:
            return
        self._emitted[name] = status
        if status.state == "off" and not status.roles:  # it is gone
            del self._emitted[name]
        self._news.emit(ENGINE_SCHEMA_ID, msgspec.to_builtins(status))


def _name(status: EngineStatus) -> str:
    return status.name or status.weights
