"""What made a text: enough to replay it and to meet the duties of its licence."""

from __future__ import annotations

import hashlib
import struct

import msgspec

from jupyter_sc2 import __version__, catalog
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.messages import CompletionOptions, Provenance, ReplyOptions, Submit


def provenance(options: CompletionOptions | ReplyOptions, submitted: Submit, served: Served) -> Provenance | None:
    """None when the weights have not answered, so that there is no text."""
    details = served.engine.status().details
    if details is None:
        return None
    return Provenance(
        weights=served.entry.name,
        weights_sha256=details.weights_sha256,
        adapter=catalog.name_of(served.adapter) if details.adapter_sha256 else None,
        adapter_sha256=details.adapter_sha256,
        precision=details.precision,
        prompt_sha256=hashlib.sha256(struct.pack(f"<{len(submitted.ids)}I", *submitted.ids)).hexdigest(),
        options={**msgspec.to_builtins(options), "seed": submitted.seed, "spell": submitted.spell},
        seed=submitted.seed,
        format_version=served.entry.format_version,
        versions={**details.versions, "jupyter_sc2": __version__},
    )
