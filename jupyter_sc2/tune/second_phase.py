"""The second phase's rows: requests in words (`python -m jupyter_sc2.tune.second_phase --work FOLDER`).

Writes `requests_N.npy` beside `train_N.npy`, for the `tokenizer.json` that is there.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from jupyter_sc2.evaluate.in_words.requests import TOPICS
from jupyter_sc2.tokenizer import Tokenizer
from jupyter_sc2.tune.described import described
from jupyter_sc2.tune.documents import read_package, read_standard_library, without_duplicates
from jupyter_sc2.tune.examples import END
from jupyter_sc2.tune.packing import ROW_LENGTHS, pack
from jupyter_sc2.tune.requests import normalised, rows
from jupyter_sc2.tune.sources import HELD_OUT

ROWS, SHARDS = 46_000, 23
DESCRIBED_SHARE = 0.15  # of all ids
PACKAGES = (
    "scikit-image", "scipy", "numpy", "pandas", "sympy", "astropy", "mne", "scikit-learn", "statsmodels", "nilearn",
    "networkx", "matplotlib", "nltk", "dask", "metpy", "jax", "django", "keras", "more-itertools", "toolz", "boltons",
    "pyjanitor", "arviz", "torchmetrics", "ipython", "qutip", "control", "quantecon", "scikit-bio", "yellowbrick",
    "tslearn", "osmnx", "lmfit", "sunpy", "scanpy", "optax", "esda", "holoviews", "sktime", "shap",
)  # fmt: skip


def build(folder: Path, count: int, held_out: frozenset[str]) -> None:
    """Packs `count` written requests, and described functions in their share."""
    path = folder / "tokenizer.json"
    parts = [(path, count // SHARDS, seed, held_out) for seed in range(SHARDS)]
    with Pool() as pool:
        written = [row for part in pool.imap(_written, parts) for row in part]
        packages = [(path, *one) for one in archives(folder / "sdists")]
        found = [row for part in pool.imap(_described, packages, chunksize=1) for row in part]
    print(f"{len(written)} written requests, {sum(map(len, written))} ids", flush=True)
    room = sum(map(len, written)) * DESCRIBED_SHARE / (1 - DESCRIBED_SHARE)
    random.Random(0).shuffle(found)
    told = _first(found, room)
    print(f"{len(told)} of {len(found)} described functions, {sum(map(len, told))} ids", flush=True)
    everything = [*written, *told]
    random.Random(1).shuffle(everything)
    for length in ROW_LENGTHS:
        packed = pack((row for row in everything if len(row) <= length + 1), length + 1, END)
        np.save(folder / f"requests_{length}.npy", packed)
        print(f"{len(packed)} rows of {length} ids", flush=True)


def _written(part: tuple[Path, int, int, frozenset[str]]) -> list[list[int]]:
    tokenizer, count, seed, held_out = part
    return list(rows(Tokenizer(tokenizer), count, seed, held_out))


def _first(found: Iterable[list[int]], room: float) -> list[list[int]]:
    """As many as fit into `room` ids."""
    kept: list[list[int]] = []
    for row in found:
        room -= len(row)
        if room < 0:
            break
        kept.append(row)
    return kept


def _described(part: tuple[Path, str, Path | None]) -> list[list[int]]:
    """Rows of the code files of one archive, or of the standard library."""
    tokenizer, package, archive = part
    found = read_package(package, archive) if archive else read_standard_library()
    code = without_duplicates(document for document in found if document.code)
    return list(described(code, Tokenizer(tokenizer), len(package)))


def archives(folder: Path) -> Iterator[tuple[str, Path | None]]:
    sources = {one["package"]: one["path"] for one in json.loads((folder / "sources.json").read_text())}
    yield from ((name, folder / sources[name]) for name in PACKAGES if name in sources and name not in HELD_OUT)
    yield "python", None


def held_out_requests() -> frozenset[str]:
    """The requests that measure the weights, normalised."""
    return frozenset(normalised(request.words) for requests in TOPICS.values() for request in requests)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=ROWS, help="written requests")
    args = parser.parse_args()
    build(args.work, args.rows, held_out_requests())


if __name__ == "__main__":
    main()
