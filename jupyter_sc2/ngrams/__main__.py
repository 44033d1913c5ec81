"""Builds the tables of libraries: `python -m jupyter_sc2.ngrams --help`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from jupyter_sc2.ngrams.library import build
from jupyter_sc2.tokenizer import Tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.ngrams", description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the weights")
    parser.add_argument("--folder", type=Path, required=True, help="where tables are kept")
    parser.add_argument("--nice", type=int, default=0, help="added to the process's niceness")
    parser.add_argument("names", nargs="+", help="libraries by the names that they are imported by")
    args = parser.parse_args()
    if args.nice and hasattr(os, "nice"):
        os.nice(args.nice)
    tokenizer = Tokenizer(args.tokenizer)
    for name in args.names:
        print(name, build(name, tokenizer, args.folder) or "is not installed")


if __name__ == "__main__":
    main()
