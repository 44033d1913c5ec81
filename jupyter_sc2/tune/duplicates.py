"""Near-duplicates: documents that share most of their words, such as one tutorial in two packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

from jupyter_sc2.tune.documents import Document

SIMILAR = 0.8  # Jaccard similarity of shingles from which two documents count as one
SHINGLE, PERMUTATIONS = 5, 64  # words in a shingle; 64 permutations err by about 0.06 at 0.8
OVERLAP_WORDS = 13  # as is usual for contamination: https://arxiv.org/abs/2005.14165, appendix C
_WORD = re.compile(r"\w+")


def text_of(document: Document) -> str:
    return document.code or "\n".join(cell.source for cell in document.cells)


def without_near_duplicates(documents: Iterable[Document], known: Iterable[Document] = ()) -> Iterator[Document]:
    """Drops what is nearly one of `known` or of the documents before it."""
    index = MinHashLSH(threshold=SIMILAR, num_perm=PERMUTATIONS)
    for number, document in enumerate(known):
        index.insert(f"known {number}", _sketch(document), check_duplication=False)
    for number, document in enumerate(documents):
        sketch = _sketch(document)
        if not index.query(sketch):
            index.insert(str(number), sketch, check_duplication=False)
            yield document


def overlap(documents: Iterable[Document], held_out: Sequence[Document]) -> float:
    """Share of the held-out documents' 13-word runs that occur in the others."""
    runs = {hash(run) for document in held_out for run in _runs(document, OVERLAP_WORDS)}
    found = {known for document in documents for run in _runs(document, OVERLAP_WORDS) if (known := hash(run)) in runs}
    return len(found) / max(1, len(runs))


def _sketch(document: Document) -> MinHash:
    sketch = MinHash(num_perm=PERMUTATIONS)
    sketch.update_batch({" ".join(run).encode() for run in _runs(document, SHINGLE)})
    return sketch


def _runs(document: Document, length: int) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text_of(document))
    return (tuple(words[i : i + length]) for i in range(max(1, len(words) - length + 1)))
