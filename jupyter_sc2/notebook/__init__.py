"""What the model may see of a notebook. Pure: no I/O, no server, no model."""

from jupyter_sc2.notebook.cells import Limits, SourceCell, Surroundings, around, without_secrets
from jupyter_sc2.notebook.policy import ARMS, EXECUTION_AWARE, Policy
from jupyter_sc2.notebook.secrets import mask_secrets

__all__ = [
    "ARMS",
    "EXECUTION_AWARE",
    "Limits",
    "Policy",
    "SourceCell",
    "Surroundings",
    "around",
    "mask_secrets",
    "without_secrets",
]
