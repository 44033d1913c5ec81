"""Documents to training examples in StarCoder2's formats, as text pieces between special ids."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from jupyter_sc2.prompt.script import BETWEEN, script_cell
from jupyter_sc2.tokenizer import SPECIAL_ID
from jupyter_sc2.tune.documents import Document

Pieces = list[int | str]  # special ids, and texts that are encoded one by one

END, FILE_SEP = SPECIAL_ID["<|endoftext|>"], SPECIAL_ID["<file_sep>"]
PREFIX, MIDDLE, SUFFIX = (SPECIAL_ID[f"<fim_{part}>"] for part in ("prefix", "middle", "suffix"))
START, EMPTY_OUTPUT = SPECIAL_ID["<jupyter_start>"], SPECIAL_ID["<empty_output>"]
KIND_ID = {kind: SPECIAL_ID[f"<jupyter_{kind}>"] for kind in ("text", "code", "output")}

FIM_RATE, SPM_RATE, SPAN_RATE, NO_SUFFIX_RATE = 0.75, 0.9, 0.6, 0.2
MIN_CHUNK, MAX_CHUNK, MAX_SUFFIX = 600, 5000, 900  # characters


def examples(document: Document, rng: random.Random) -> Iterator[Pieces]:
    """Notebooks structured, and as a script in chunks; code files in chunks. `asked.py` has the product's prompts."""
    if not document.is_notebook:
        for chunk in joined_chunks(document.code.splitlines(keepends=True), rng):
            text = "".join(chunk)
            yield fill_in_middle([], text, rng) if rng.random() < FIM_RATE else [FILE_SEP, text, END]
        return
    yield structured(document)
    cells = [script_cell(cell.kind, cell.source) + BETWEEN for cell in document.cells if cell.kind != "output"]
    for chunk in joined_chunks(cells, rng):
        yield fill_in_middle([], "".join(chunk), rng) if rng.random() < FIM_RATE else [FILE_SEP, "".join(chunk), END]


def structured(document: Document) -> Pieces:
    """`<jupyter_start><jupyter_text>..<jupyter_code>..<jupyter_output>..`; no output is `<empty_output>`."""
    pieces: Pieces = [START]
    for cell in document.cells:
        pieces += [KIND_ID[cell.kind], cell.source or EMPTY_OUTPUT]
    return [*pieces, END]


def joined_chunks(parts: list[str], rng: random.Random) -> Iterator[list[str]]:
    """Groups lines or cells to a random length in characters, so that prompts of every length are seen."""
    chunk: list[str] = []
    size, target = 0, rng.uniform(MIN_CHUNK, MAX_CHUNK)
    for part in parts:
        chunk.append(part[:MAX_CHUNK])
        size += len(chunk[-1])
        if size >= target:
            yield chunk
            chunk, size, target = [], 0, rng.uniform(MIN_CHUNK, MAX_CHUNK)
    if size > 100:
        yield chunk


def fill_in_middle(context: list[str], text: str, rng: random.Random, within: int | None = None) -> Pieces:
    """Splits `text` by characters, each part encoded alone, so that a cursor inside a word is familiar.

    `context` are whole files shown before; the middle starts in the first `within` characters.
    """
    within = within or len(text)
    if rng.random() < SPAN_RATE:
        start, end = ghost_span(text, rng.randrange(within), rng)
    else:
        start, end = sorted(rng.sample(range(within + 1), 2))
    prefix, middle, suffix = text[:start], text[start:end], clipped(text[end:])
    if rng.random() < NO_SUFFIX_RATE:
        suffix = ""
    files = [piece for file in context for piece in (FILE_SEP, file)]
    if rng.random() < SPM_RATE:
        return [*files, FILE_SEP, PREFIX, SUFFIX, suffix, MIDDLE, prefix, middle]
    return [*files, FILE_SEP, PREFIX, prefix, SUFFIX, suffix, MIDDLE, middle]


def ghost_span(text: str, start: int, rng: random.Random) -> tuple[int, int]:
    """From a character to the end of its line, or of its block of lines: what ghost text is asked for."""
    while start < len(text) - 1 and text[start] == "\n" and rng.random() < 0.7:
        start += 1
    line_end = text.find("\n", start)
    if line_end < 0 or rng.random() < 0.6:
        return start, len(text) if line_end < 0 else line_end
    block_end = re.compile(r"\n[ \t]*\n").search(text, start)
    return start, min(block_end.start() if block_end else len(text), start + 600)


def clipped(suffix: str) -> str:
    """At most MAX_SUFFIX characters, cut at a line end: a prompt shows little of what follows."""
    return suffix if len(suffix) <= MAX_SUFFIX else suffix[: suffix.rfind("\n", 0, MAX_SUFFIX) + 1]
