"""One worker process for each loaded weights: start, feed, cancel, restart, health, and which role has which."""

from jupyter_sc2.supervisor.changes import Watcher
from jupyter_sc2.supervisor.fleet import Fleet
from jupyter_sc2.supervisor.member import Appraisal, Source
from jupyter_sc2.supervisor.settings import WorkerSettings, copies_folder, tables_folder
from jupyter_sc2.supervisor.stream import Engine, EngineEvent, Stream, Ticket, TryLater
from jupyter_sc2.supervisor.supervisor import Supervisor

__all__ = [
    "Appraisal",
    "Engine",
    "EngineEvent",
    "Fleet",
    "Source",
    "Stream",
    "Supervisor",
    "Ticket",
    "TryLater",
    "Watcher",
    "WorkerSettings",
    "copies_folder",
    "tables_folder",
]
