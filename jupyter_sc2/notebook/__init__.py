"""What the model may see of a notebook. Pure: no I/O, no server, no model."""

from jupyter_sc2.notebook.cells import Limits, SourceCell, Surroundings, around

__all__ = ["Limits", "SourceCell", "Surroundings", "around"]
