"""The licences of weights: what they ask for, in plain words, and who accepted them. The built-in weights need none."""

from jupyter_sc2.licences.acceptances import Acceptances
from jupyter_sc2.licences.terms import OPENRAIL_M, TERMS
from jupyter_sc2.licences.text import text_of

__all__ = ["OPENRAIL_M", "TERMS", "Acceptances", "text_of"]
