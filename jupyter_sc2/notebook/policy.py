"""What of a notebook goes into a prompt besides the cursor's cell."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Policy(Struct, frozen=True):
    """`cells`: none, the nearest in the document, or those that matter by execution. `snapshot`: the kernel's names.

    `outputs`: small outputs and the last error, with execution-aware cells only.
    """

    cells: Literal["none", "document", "execution"] = "execution"
    snapshot: bool = True
    outputs: bool = True


EXECUTION_AWARE = Policy()
# Compared by `jupyter sc2 evaluate --ablate`.
ARMS = {
    "cell": Policy("none", False),
    "document": Policy("document", False),
    "order": Policy("execution", False),
    "snapshot": Policy("document", True),
    "order_snapshot": Policy("execution", True),
}
