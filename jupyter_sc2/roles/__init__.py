"""Which role answers with which weights: what is kept, what the configuration decides, and what users may ask for."""

from jupyter_sc2.roles.begin import Beginning, begin
from jupyter_sc2.roles.kept import Kept, KeptChoices
from jupyter_sc2.roles.models import Models
from jupyter_sc2.roles.policy import Policy
from jupyter_sc2.roles.stock import Stock
from jupyter_sc2.roles.watch import Watch

__all__ = ["Beginning", "Kept", "KeptChoices", "Models", "Policy", "Stock", "Watch", "begin"]
