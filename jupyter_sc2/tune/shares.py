"""Fits how much the second voice may say: `python -m jupyter_sc2.tune.shares --help`.

At each id of hidden texts it compares what the weights, the libraries, the notebooks beside and the prompt foresaw, and
finds the shares, by length of match, under which the texts are likeliest: expectation maximisation for the weights of a
mixture (Jelinek and Mercer 1980). The notebooks must be of packages that neither trained the weights nor judge them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch
from msgspec import Struct

from jupyter_sc2 import catalog
from jupyter_sc2.engine.second_voice import Shares, longest, table_at
from jupyter_sc2.engine.weights import Loaded, load
from jupyter_sc2.evaluate.completer import prompt_at
from jupyter_sc2.evaluate.files import collect
from jupyter_sc2.evaluate.holes import punch
from jupyter_sc2.evaluate.siblings import Siblings
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.ngrams import Ngrams
from jupyter_sc2.ngrams.library import build
from jupyter_sc2.notebook import EXECUTION_AWARE
from jupyter_sc2.supervisor import tables_folder
from jupyter_sc2.tokenizer import Tokenizer
from jupyter_sc2.tune.export import write_sums

LENGTHS, PROMPT_IDS, ROUNDS = 10, 1024, 30
PRIOR, PRIOR_COUNT = 0.05, 4.0  # a share is taken for so much, as if seen so often
LINE = -2.0  # for `Shares.line`: on these notebooks anything from -1.5 to -2.5 completed as many lines


class Seen(Struct, frozen=True):
    """One id of a hidden text: the weights' chance of it, and of each voice its match's length (0: none) and chance."""

    weights: float
    library: tuple[int, float]
    notebooks: tuple[int, float]
    prompt: tuple[int, float]


def fit(seen: Sequence[Seen]) -> Shares:
    """Shares by length 1..LENGTHS, for the voices in the engine's order: each speaks over those before it."""
    plain = np.array([one.weights for one in seen])
    voices = {name: [getattr(one, name) for one in seen] for name in ("library", "notebooks", "prompt")}
    lengths = {name: np.array([min(length, LENGTHS) for length, _ in voice]) for name, voice in voices.items()}
    chances = {name: np.array([chance for _, chance in voice]) for name, voice in voices.items()}
    tables = {name: np.where(np.arange(LENGTHS + 1) > 0, 0.1, 0.0) for name in voices}
    for _ in range(ROUNDS):
        mixed, of_voice = plain, {}
        for name in voices:  # how likely it was this voice, if it was it or one before it
            share = tables[name][lengths[name]]
            said = share * chances[name]
            mixed = np.maximum((1 - share) * mixed + said, 1e-12)
            of_voice[name] = said / mixed
        asked = np.ones_like(plain)  # how likely it was none of those after it
        for name in reversed(voices):
            tables[name] = _maximum(lengths[name], asked * of_voice[name], asked)
            asked = asked * (1 - of_voice[name])
    return Shares(
        **{name: [round(float(share), 3) for share in table[1:]] for name, table in tables.items()}, line=LINE
    )


def _maximum(lengths: np.ndarray, said: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """How often a voice was right of how often it was asked, by length; nothing for no match."""
    right = np.bincount(lengths, said, LENGTHS + 1) + PRIOR * PRIOR_COUNT
    table = np.minimum(right / (np.bincount(lengths, asked, LENGTHS + 1) + PRIOR_COUNT), 0.95)
    table[0] = 0.0
    return table


@torch.inference_mode()
def look(hole: Hole, entry: catalog.Entry, loaded: Loaded, folder: Path, siblings: Siblings) -> Iterator[Seen]:
    """What each voice foresaw of a hidden text."""
    tokenizer = Tokenizer(entry.tokenizer_path)
    prompt = prompt_at(hole, entry, tokenizer, EXECUTION_AWARE, PROMPT_IDS)
    hidden = tokenizer.encode(prompt.spell + hole.hidden)
    paths = [build(name, tokenizer, folder) for name in prompt.libraries]
    libraries = [Ngrams.open(path) for path in paths if path]
    ids = [*prompt.ids, *hidden]
    states = loaded.model.model(torch.tensor([ids]))[:, len(prompt.ids) - 1 : -1]
    chances = torch.softmax(loaded.model.lm_head(states)[0].float(), dim=-1)
    notebooks, own = table_at(siblings.table(hole.document)), [Ngrams.of([*prompt.document, *prompt.ids])]
    for index, wanted in enumerate(hidden):
        context = ids[: len(prompt.ids) + index]
        voices = (_chance(tables, context, wanted) for tables in (libraries, notebooks, own))
        yield Seen(float(chances[index, wanted]), *voices)


def _chance(tables: Sequence[Ngrams], context: Sequence[int], wanted: int) -> tuple[int, float]:
    matches = longest(tables, context)
    total = sum(int(match.counts.sum()) for match in matches)
    right = sum(int(match.counts[match.ids == wanted].sum()) for match in matches)
    return (matches[0].length, right / total) if matches else (0, 0.0)


def main(argv: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.tune.shares", description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", help="notebooks, or folders of them")
    parser.add_argument("--weights", default=catalog.BUILT_IN)
    parser.add_argument("--max-holes", type=int, default=300, help="of each kind")
    parser.add_argument("--write", action="store_true", help="into the config.json of the weights")
    args = parser.parse_args(None if argv is None else list(argv))
    entry = catalog.find(args.weights)
    loaded = load(entry.folder, "float32", "cpu")
    documents = collect(args.paths).documents
    holes = punch(documents, 0, args.max_holes)
    siblings = Siblings(documents, Tokenizer(entry.tokenizer_path))
    seen = [one for hole in holes for one in look(hole, entry, loaded, Path(tables_folder()), siblings)]
    siblings.close()
    shares = fit(seen)
    print(json.dumps({"ids": len(seen), **msgspec.to_builtins(shares)}))
    if args.write:
        path = entry.folder / "config.json"
        config = {**json.loads(path.read_text()), "jupyter_sc2_second_voice": msgspec.to_builtins(shares)}
        path.write_text(json.dumps(config, indent=2) + "\n")
        write_sums(entry.folder)


if __name__ == "__main__":
    main()
