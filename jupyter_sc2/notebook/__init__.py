"""What the model may see of a notebook. Pure: no I/O, no server, no model."""

from jupyter_sc2.notebook.cells import Limits, SourceCell, Surroundings, around
from jupyter_sc2.notebook.modules import ContextFile, excerpt, imported_libraries, imported_modules
from jupyter_sc2.notebook.names import names_of
from jupyter_sc2.notebook.policy import ARMS, EXECUTION_AWARE, Policy
from jupyter_sc2.notebook.rank import Candidate, candidates, wanted_names
from jupyter_sc2.notebook.secrets import mask_around, mask_secrets

__all__ = [
    "ARMS",
    "EXECUTION_AWARE",
    "Candidate",
    "ContextFile",
    "Limits",
    "Policy",
    "SourceCell",
    "Surroundings",
    "around",
    "candidates",
    "excerpt",
    "imported_libraries",
    "imported_modules",
    "mask_around",
    "mask_secrets",
    "names_of",
    "wanted_names",
]
