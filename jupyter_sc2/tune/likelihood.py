"""How well weights foresee the text that was hidden from a notebook, by what the prompt shows of it.

`python -m jupyter_sc2.tune.likelihood FOLDER...` prints nats for each hidden id in each arm, and the difference to the
arm `document` with a 95% interval over files. A completion is right or wrong; this tells small differences apart, so
prompt formats are chosen by it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import torch

from jupyter_sc2 import catalog
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.weights import load
from jupyter_sc2.evaluate.completer import prompt_at
from jupyter_sc2.evaluate.files import collect
from jupyter_sc2.evaluate.holes import punch
from jupyter_sc2.evaluate.tasks import TASKS, Hole
from jupyter_sc2.notebook import ARMS
from jupyter_sc2.tokenizer import Tokenizer

BASE = "document"
MAX_HIDDEN_IDS = 48  # as many as a suggestion has, about


def nats(model: Starcoder2, prompt: Sequence[int], hidden: Sequence[int]) -> float:
    """Mean negative log-likelihood of each id of `hidden` after `prompt`."""
    with torch.inference_mode():
        states = model.model(torch.tensor([[*prompt, *hidden]]))[0, len(prompt) - 1 : -1]
        chances = torch.log_softmax(model.lm_head(states).float(), dim=-1)
    return -chances[range(len(hidden)), list(hidden)].mean().item()


def interval(differences: Sequence[float], files: Sequence[str]) -> tuple[float, float]:
    """Mean and half the width of its 95% interval; holes of one file are not independent."""
    mean = sum(differences) / len(differences)
    by_file: dict[str, float] = defaultdict(float)
    for difference, file in zip(differences, files, strict=True):
        by_file[file] += difference - mean
    return mean, 1.96 * math.sqrt(sum(value**2 for value in by_file.values())) / len(differences)


def measure(holes: Sequence[Hole], weights: str, prompt_ids: int) -> dict[str, list[float]]:
    """For each arm the nats at each hole."""
    entry = catalog.find(weights)
    tokenizer, model = Tokenizer(entry.tokenizer_path), load(entry.folder).model
    found: dict[str, list[float]] = {arm: [] for arm in ARMS}
    for number, hole in enumerate(holes):
        print(f"\r{number + 1} of {len(holes)}", end="", file=sys.stderr)
        for arm, policy in ARMS.items():
            prompt = prompt_at(hole, entry, tokenizer, policy, prompt_ids)
            hidden = tokenizer.encode(prompt.spell + hole.hidden)[:MAX_HIDDEN_IDS]
            found[arm].append(nats(model, prompt.ids, hidden))
    print(file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--weights", default=catalog.BUILT_IN)
    parser.add_argument("--max-holes", type=int, default=100, help="of each task")
    parser.add_argument("--prompt-ids", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    holes = punch(collect(args.paths).documents, args.seed, args.max_holes)
    found = measure(holes, args.weights, args.prompt_ids)
    files = [hole.document.group for hole in holes]
    print(f"{len(holes)} holes in {len(set(files))} files, prompts of at most {args.prompt_ids} ids")
    for arm, values in found.items():
        differences = [value - base for value, base in zip(values, found[BASE], strict=True)]
        mean, half = interval(differences, files)
        by_task = " ".join(
            f"{task} {sum(one) / len(one):+.3f}"
            for task in TASKS
            if (one := [d for d, hole in zip(differences, holes, strict=True) if hole.task == task])
        )
        print(f"{arm:15} {sum(values) / len(values):.3f}  {mean:+.4f} ± {half:.4f}  {by_task}")


if __name__ == "__main__":
    main()
