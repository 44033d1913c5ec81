"""One worker process for each loaded weights: start, feed, cancel, restart, health."""

from jupyter_sc2.supervisor.settings import WorkerSettings, copies_folder, tables_folder
from jupyter_sc2.supervisor.stream import Engine, EngineEvent, Stream, Ticket, TryLater
from jupyter_sc2.supervisor.supervisor import Supervisor

__all__ = [
    "Engine",
    "EngineEvent",
    "Stream",
    "Supervisor",
    "Ticket",
    "TryLater",
    "WorkerSettings",
    "copies_folder",
    "tables_folder",
]
