"""The model card of the built-in weights, written from what the run recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from jupyter_sc2.prompt import FORMAT_VERSION

TEMPLATE = Path(__file__).with_name("card.md")


def card(manifest: dict[str, Any], log: list[dict[str, Any]], parameters: int, machine: str, keep: float) -> str:
    last = log[-1]
    earlier = last.get("earlier_ids", 0)
    trained_on = [source for source in manifest["sources"] if source["package"] in manifest["documents"]]
    rows = [f"| {s['package']} | {s['version']} | {s['licence']} |" for s in trained_on]
    rows.append(f"| Python standard library | {sys.version_info[0]}.{sys.version_info[1]} | PSF-2.0 |")
    return TEMPLATE.read_text().format(
        parameters=parameters / 1e6,
        trained=last["trained_ids"] / 1e6,
        minutes=last["seconds"] / 60,
        machine=machine,
        corpus=manifest["token_ids"] / 1e6,
        bits=last["bits_per_byte"],
        loss=last["loss"],
        held_documents=manifest["held_out"]["documents"],
        held_packages=", ".join(manifest["held_out"]["packages"]),
        format_version=FORMAT_VERSION,
        earlier=f", after {earlier / 1e6:.1f} million of the weights before" if earlier else "",
        kept=f" The weights are the mean of {keep:.0%} of those before and {1 - keep:.0%} of these." if keep else "",
        requests=last["requests"],
        documents=sum(manifest["documents"].values()),
        notebooks=manifest["notebooks"],
        table="\n".join(rows),
    )
