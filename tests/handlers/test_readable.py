"""How long a prompt may be follows from how fast this machine reads."""

import pytest
from fake_engine import READY

from jupyter_sc2.handlers.services import LEAST_IDS, READ_SECONDS, Served
from jupyter_sc2.messages import EngineStatus


class Paced:
    def __init__(self, per_second):
        self.per_second = per_second

    def status(self):
        details = None if self.per_second is None else READY
        if self.per_second is not None:
            details = type(READY)(*[getattr(READY, name) for name in READY.__struct_fields__[:6]], self.per_second)
        return EngineStatus("w", "ready", ["ghost"], 0, 0, details=details)


@pytest.mark.parametrize(
    ("per_second", "ids"),
    [(None, None), (0.0, None), (100.0, int(100 * READ_SECONDS)), (3.0, LEAST_IDS), (5000.0, int(5000 * READ_SECONDS))],
)
def test_a_slow_machine_shows_less(per_second, ids):
    assert Served("built-in", Paced(per_second)).readable_ids == ids
