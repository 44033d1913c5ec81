"""Builds the tokenizer and the shards of token ids from the named sources, once, into a working folder."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer as RawTokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers

from jupyter_sc2.prompt import FORMAT_VERSION
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer
from jupyter_sc2.tune.asked import asked
from jupyter_sc2.tune.documents import Cell, Document, read_package, read_standard_library, without_duplicates
from jupyter_sc2.tune.download import Source, fetch_all
from jupyter_sc2.tune.duplicates import overlap, without_near_duplicates
from jupyter_sc2.tune.examples import END, FILE_SEP, Pieces, examples, structured
from jupyter_sc2.tune.packing import ROW_LENGTHS, pack
from jupyter_sc2.tune.placeholders import Placeholders, cleaned
from jupyter_sc2.tune.sources import HELD_OUT

VOCAB_SIZE = 8192
SHARDS = 32  # of the work of encoding
CODE_SHARE = 0.3  # of all code files; notebooks are rare and taken whole
HELD_OUT_DOCUMENTS = 400


def read_all(folder: Path) -> tuple[list[Document], list[Document]]:
    """(training, held-out) documents, without exact and near duplicates, addresses and secrets."""
    sources = fetch_all(folder / "sdists")
    with Pool() as pool:
        batches = pool.starmap(_read, [(source, folder / "sdists") for source in sources], chunksize=1)
    everything = (document for batch in [*batches, list(read_standard_library())] for document in batch)
    documents = list(without_duplicates(everything))
    rng = random.Random(0)
    held_out = [d for d in documents if d.package in HELD_OUT]
    training = [d for d in documents if d.package not in HELD_OUT and (d.is_notebook or rng.random() < CODE_SHARE)]
    training = list(without_near_duplicates(training, held_out))
    rng.shuffle(training)
    rng.shuffle(held_out)
    return training, held_out[:HELD_OUT_DOCUMENTS]


def _read(source: Source, folder: Path) -> list[Document]:
    return [_cleaned(document) for document in read_package(source.package, folder / source.path)]


def _cleaned(document: Document) -> Document:
    cells = tuple(Cell(cell.kind, cleaned(cell.source)) for cell in document.cells)
    return replace(document, code=cleaned(document.code), cells=cells)


def train_tokenizer(documents: Iterable[Document], path: Path) -> None:
    """Byte-level BPE: digits split singly, runs of spaces as tokens, StarCoder2's special tokens at ids 0-37."""
    raw = RawTokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (document.code or "\n".join(cell.source for cell in document.cells) for document in documents)
    raw.train_from_iterator(texts, trainer)
    raw.save(str(path))


def encoded(batch: list[Pieces], tokenizer: Tokenizer) -> list[list[int]]:
    texts = iter(tokenizer.encode_many([piece for pieces in batch for piece in pieces if isinstance(piece, str)]))
    return [
        [token_id for piece in pieces for token_id in (next(texts) if isinstance(piece, str) else [piece])]
        for pieces in batch
    ]


def batches(items: Iterable[Pieces], size: int = 512) -> Iterator[list[Pieces]]:
    batch: list[Pieces] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def rows_of(documents: Sequence[Document], tokenizer: Tokenizer, seed: int) -> Iterator[list[int]]:
    """Training examples as ids: notebooks structured and as the product asks, code whole and filled in the middle."""
    rng, placeholders = random.Random(seed), Placeholders(tokenizer)
    for batch in batches(example for document in documents for example in examples(document, rng)):
        yield from map(placeholders.restore, encoded(batch, tokenizer))
    for document in documents:
        if document.is_notebook:
            yield from map(placeholders.restore, asked(document, tokenizer, rng))


def build(folder: Path) -> None:
    """Writes `tokenizer.json`, `train_N.npy` for rows of N ids (uint16), `held_out.npz` and `manifest.json`.

    A `tokenizer.json` that is there already is kept: weights that are trained on need theirs.
    """
    training, held_out = read_all(folder)
    print(f"{len(training)} documents", flush=True)
    path = folder / "tokenizer.json"
    if not path.exists():
        train_tokenizer((d for i, d in enumerate(training) if i % 4 == 0), path)
    tokenizer = Tokenizer(path)
    parts = [(training[i::SHARDS], path, i) for i in range(SHARDS)]
    with Pool() as pool:
        rows = [row for part in pool.imap_unordered(_part, parts) for row in part]
    random.Random(1).shuffle(rows)
    for length in ROW_LENGTHS:
        longest = max(ROW_LENGTHS) if length == max(ROW_LENGTHS) else length
        packed = pack((row for row in rows if len(row) <= longest + 1), length + 1, END)
        np.save(folder / f"train_{length}.npy", packed)
        print(f"{len(packed)} rows of {length} ids", flush=True)
    whole: list[Pieces] = [structured(d) if d.is_notebook else [FILE_SEP, d.code, END] for d in held_out]
    ids = [row for batch in batches(whole) for row in encoded(batch, tokenizer)]
    size = sum(len(piece.encode()) for pieces in whole for piece in pieces if isinstance(piece, str))
    np.savez(folder / "held_out.npz", ids=np.array([i for row in ids for i in row], dtype=np.uint16), bytes=size)
    kept = Counter(document.package for document in training)
    manifest = {
        "documents": dict(kept.most_common()),
        "notebooks": sum(d.is_notebook for d in training),
        "token_ids": sum(map(len, rows)),
        "held_out": {
            "packages": sorted(HELD_OUT),
            "documents": len(held_out),
            "bytes": size,
            "overlap_of_13_words": overlap(training, held_out),
        },
        "format_version": FORMAT_VERSION,
        "sources": json.loads((folder / "sdists" / "sources.json").read_text()),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def _part(part: tuple[Sequence[Document], Path, int]) -> list[list[int]]:
    documents, tokenizer, seed = part
    return list(rows_of(documents, Tokenizer(tokenizer), seed))
