"""A notebook as one script of `# %%` cells, the form in which the cursor's surroundings are filled in the middle.

`# %%` is the marker of sphinx-gallery, jupytext and most editors, so checkpoints trained on public code know it.
"""

from __future__ import annotations

CODE_MARK = "# %%\n"
TEXT_MARK = "# %% [markdown]\n"
BETWEEN = "\n\n"  # ends each cell; encoded with the cell after it, so that pieces encode as the whole would


def script_cell(kind: str, source: str) -> str:
    """One code cell, or one text cell as comments, with its marker and without the blank line that ends it."""
    if kind == "code":
        return CODE_MARK + source.rstrip()
    return TEXT_MARK + "\n".join(f"# {line}".rstrip() for line in source.strip().splitlines())
