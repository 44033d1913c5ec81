"""Everything into one report."""

from __future__ import annotations

import platform

from jupyter_sc2 import __version__
from jupyter_sc2.catalog import KNOWN
from jupyter_sc2.catalog.gpus import gpus
from jupyter_sc2.catalog.machine import look
from jupyter_sc2.catalog.recommend import recommend
from jupyter_sc2.doctor.choices import choices, licences, roles
from jupyter_sc2.doctor.computing import computing
from jupyter_sc2.doctor.configured import configured
from jupyter_sc2.doctor.folders import copies, folders
from jupyter_sc2.doctor.installed import installed
from jupyter_sc2.doctor.interpreter import ask
from jupyter_sc2.doctor.network import network
from jupyter_sc2.doctor.report import Report
from jupyter_sc2.doctor.software import missing, software
from jupyter_sc2.doctor.storage import storage
from jupyter_sc2.doctor.surroundings import environment
from jupyter_sc2.roles.entries import entry_of


def collect(interpreter: str | None = None) -> Report:
    """`interpreter` is the Python that runs the model, by default the configuration's. Takes some seconds."""
    configuration, machine = configured(), look()
    interpreter = interpreter or configuration.interpreter
    asked, places, packages = ask(interpreter), folders(), software()
    found_roles, answers = roles(configuration), licences(configuration)
    allowed = [entry for entry in KNOWN if entry.weights in (configuration.allowed_weights or [entry.weights])]
    lines = [entry_of(entry.weights, machine, allowed) for entry in KNOWN]
    complete = [line.weights for line in lines if line.presence == "complete"]
    return Report(
        jupyter_sc2=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        software=packages,
        interpreter=interpreter,
        engine=asked.probe,
        machine=machine,
        folders=places,
        copies=copies(),
        environment=environment(),
        roles=found_roles,
        licences=answers,
        catalogue=lines,
        recommendation=recommend(allowed, machine, complete=complete),
        checks=[
            *installed(),
            *missing(packages),
            *computing(asked, interpreter, machine, gpus()),
            *storage(places, machine),
            *network(),
            *choices(configuration, found_roles, answers),
        ],
    )
