"""A notebook as one script of `# %%` cells, the form in which the cursor's surroundings are filled in the middle.

`# %%` is the marker of sphinx-gallery, jupytext and most editors, so checkpoints trained on public code know it. Other
languages get their own comment sign before it. `#>` before an output is R's custom (reprex, knitr).
"""

from __future__ import annotations

BETWEEN = "\n\n"  # ends each cell; encoded with the cell after it, so that pieces encode as the whole would
MAX_OUTPUT_LINES, MAX_OUTPUT_CHARS = 3, 160  # a longer output says little for its length and is left out

_COMMENT_SIGNS = {
    "//": "javascript typescript java c c++ cpp c# csharp f# fsharp go rust kotlin scala swift php groovy dart",
    "--": "sql lua haskell elm ada",
    "%": "matlab prolog erlang latex",
    ";": "scheme clojure lisp racket",
    "!": "fortran",
}
_SIGN_OF = {language: sign for sign, languages in _COMMENT_SIGNS.items() for language in languages.split()}


def comment_sign(language: str) -> str:
    """What begins a comment in a kernel's language; `#` for those that are not known."""
    return _SIGN_OF.get(language.lower(), "#")


def code_mark(sign: str) -> str:
    return f"{sign} %%\n"


def script_cell(kind: str, source: str, sign: str = "#") -> str:
    """One code cell, or one text cell as comments, with its marker and without the blank line that ends it."""
    if kind == "code":
        return code_mark(sign) + source.rstrip()
    return f"{sign} %% [markdown]\n" + "\n".join(f"{sign} {line}".rstrip() for line in source.strip().splitlines())


def output_lines(output: str, error: str, sign: str = "#") -> str:
    """What a cell printed, if that is little and no object's address, and how it failed, as comments after it."""
    lines = [line.rstrip() for line in output[: 2 * MAX_OUTPUT_CHARS].splitlines() if line.strip()]
    if len(lines) > MAX_OUTPUT_LINES or sum(map(len, lines)) > MAX_OUTPUT_CHARS or output.lstrip().startswith("<"):
        lines = []
    shown = [f"{sign}> {line}" for line in lines]
    if error:
        shown.append(f"{sign}! {error.splitlines()[0][:MAX_OUTPUT_CHARS]}")
    return "".join(f"\n{line}" for line in shown)
