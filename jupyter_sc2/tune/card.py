"""The model card of the built-in weights, written from what the run recorded."""

from __future__ import annotations

import sys
from typing import Any

TEXT = """# The built-in weights of jupyter-sc2

A StarCoder2 architecture of {parameters:.2f} million parameters, trained from scratch by `jupyter_sc2.tune.pretrain` so that
ghost text works offline from the first minute. **Not a BigCode checkpoint**: nothing of BigCode's weights, data or
vocabulary is in it, so OpenRAIL-M does not apply. Licence of these weights: BSD-3-Clause, as the project's code.

## What they are for

Finishing the line, the call or the short block at the cursor of a Python notebook, within 150 ms on a laptop's CPU. They
copy names and patterns from the cells around the cursor, and know the common calls of the libraries listed below.

## What they cannot do

- Solve a problem, follow a request in words, or chat.
- Know your libraries, your data or anything newer than the packages below. They invent names and arguments freely.
- Other languages than Python: they saw none.
- Long answers: past two or three lines they drift or repeat themselves.
- They may repeat short pieces of the packages below word for word. Their licences are permissive, and permissive licences
  too ask that longer pieces keep their notice.

Text that these weights write is machine-generated and unchecked. Read it before you run it.

## Architecture and formats

Hidden size 256, 6 layers, 4 heads over 2 key-value heads of 64, MLP 832, tied embeddings of 8,192 entries, rotary base
10,000, 2,048 positions, bfloat16. Byte-level BPE with digits split singly and StarCoder2's 38 special tokens at ids 0-37.
Trained on StarCoder2's own formats: `<file_sep>` files, fill-in-the-middle split by characters (90% suffix-prefix-middle),
earlier cells as a context file, and structured notebooks of text, code and output. `jupyter_sc2_format_version` is 1.

## Recipe

{trained:.1f} million token ids in {minutes:.0f} minutes on {machine}, one pass over part of a corpus of {corpus:.1f} million. Muon for
matrices and AdamW for the rest; warm-up over 2% of the time, constant, and a linear fall to zero over the last 40%; rows of
512 ids, of 2,048 in the last quarter; 8,192 ids a step; bf16 computation with fp32 masters. The time, not the data, was
the limit: the curve still falls at the end.

![Loss against token ids](loss.svg)

| measure | value |
|---|---|
| held-out bits per byte | **{bits:.3f}** |
| training loss at the end (nats per id) | {loss:.2f} |

Held-out: the first 65,536 ids of {held_documents} documents of packages that were never trained on ({held_packages}).

## Data

{documents} documents ({notebooks} of them notebooks, galleries and doctests) from Python's standard library (PSF-2.0)
and the source distributions below, as published on PyPI, exact duplicates removed. `training-data.json` has versions,
hashes and counts.

| package | version | licence |
|---|---|---|
{table}
"""


def card(manifest: dict[str, Any], log: list[dict[str, Any]], parameters: int, machine: str) -> str:
    last = log[-1]
    trained_on = [source for source in manifest["sources"] if source["package"] in manifest["documents"]]
    rows = [f"| {s['package']} | {s['version']} | {s['licence']} |" for s in trained_on]
    rows.append(f"| Python standard library | {sys.version_info[0]}.{sys.version_info[1]} | PSF-2.0 |")
    return TEXT.format(
        parameters=parameters / 1e6,
        trained=last["trained_ids"] / 1e6,
        minutes=last["seconds"] / 60,
        machine=machine,
        corpus=manifest["token_ids"] / 1e6,
        bits=last["bits_per_byte"],
        loss=last["loss"],
        held_documents=manifest["held_out"]["documents"],
        held_packages=", ".join(manifest["held_out"]["packages"]),
        documents=sum(manifest["documents"].values()),
        notebooks=manifest["notebooks"],
        table="\n".join(rows),
    )
