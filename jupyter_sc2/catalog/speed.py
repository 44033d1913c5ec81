"""How fast weights would answer on processors: an estimate from two cores that were measured (docs/performance.md).

Writing reads every weight once for an id, so memory is the bound; reading a prompt multiplies, so processors are. A
machine may be twice as fast or as slow: this is to tell a second from a minute, no more.
"""

from __future__ import annotations

from jupyter_sc2.catalog.memory import parameters, weight_bytes
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.messages import Precision, Role

# Bytes of weights a second, measured with the 3B at two threads; one thread alone is a fifth slower.
BYTES_PER_SECOND = {"int4": 27e9, "int8": 21e9, "bfloat16": 12e9, "float32": 12e9}
READS_PER_THREAD = 54 * 3.03e9  # prompt ids a second times parameters, with 4 bits

LEAST_WRITTEN: dict[Role, float] = {"ghost": 8, "magic": 3, "chat": 3}  # ids a second that a person waits for
LEAST_READ: dict[Role, float] = {"ghost": 50, "magic": 40, "chat": 40}


def writes_per_second(config: ModelConfig, precision: Precision) -> float:
    """Ids that a processor writes in a second, one answer at a time and without drafts."""
    return BYTES_PER_SECOND[precision] / weight_bytes(config, precision)


def reads_per_second(config: ModelConfig, cpus: int) -> float:
    """Prompt ids in a second, with as many threads as Sc2App.threads takes by default."""
    return max(1, min(8, cpus // 2)) * READS_PER_THREAD / parameters(config)


def answers_in_time(config: ModelConfig, precision: Precision, cpus: int, role: Role) -> bool:
    enough = writes_per_second(config, precision) >= LEAST_WRITTEN[role]
    return enough and reads_per_second(config, cpus) >= LEAST_READ[role]


def pace_in_words(config: ModelConfig, precision: Precision) -> str:
    """Such as "about 16 tokens a second"."""
    pace = writes_per_second(config, precision)
    number = "less than one token" if pace < 0.95 else "one token" if pace < 1.5 else f"{pace:.0f} tokens"
    return f"{'' if pace < 0.95 else 'about '}{number} a second"
