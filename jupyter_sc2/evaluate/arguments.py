"""What `jupyter sc2 evaluate` may be told. Imports nothing heavy: it is read for every `--help`."""

from __future__ import annotations

import argparse
from pathlib import Path

DESCRIPTION = """How good completions are on your own notebooks: text is hidden from them, asked for as
in a notebook, and compared. Nothing leaves the machine, and no code of the notebooks is run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="+", type=Path, metavar="FOLDER|FILE", help="folders of notebooks and Python files, or files")
    add("--weights", default="built-in", metavar="NAME|FOLDER", help="which weights (default: built-in)")
    add(
        "--max-holes", type=_count, default=200, metavar="N", help="for each task, spread over the files (default: 200)"
    )
    add("--seed", type=int, default=0, metavar="N", help="which holes are drawn (default: 0)")
    add(
        "--prompt-ids",
        type=_count,
        action="append",
        metavar="N",
        help="the longest prompt, in token ids (default: the server's); several times with --ablate",
    )
    add("--arm", default="order_snapshot", metavar="NAME", help="what stands in the prompt (default: order_snapshot)")
    against = parser.add_mutually_exclusive_group()
    against.add_argument(
        "--against",
        action="append",
        metavar="WEIGHTS|BASELINE",
        help="compare with other weights, or kneser-ney, copy-line, copy-line-beside or jedi; may be repeated",
    )
    against.add_argument("--against-arm", metavar="NAME", help="compare with another arm")
    against.add_argument("--ablate", action="store_true", help="compare all arms")
    add("--alone", action="store_true", help="ask each notebook as if it stood alone in its folder")
    add("--work", type=Path, metavar="FOLDER", help="where the built-in weights' training text is, for kneser-ney")
    add("--threads", type=_count, metavar="N", help="threads of the model's process (default: the server's)")
    add("--json", type=Path, metavar="FILE", help="write all numbers into this file")
    add("--samples", type=Path, metavar="FILE", help="write hidden and suggested text into this file, for reading")
    add("--picture", type=Path, metavar="FILE", help="draw the scores into this .svg or .png file")
    add("--quiet", action="store_true", help="no progress on standard error")


def _count(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return number
