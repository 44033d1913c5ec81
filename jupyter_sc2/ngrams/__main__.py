"""Builds the tables of libraries, or of what stands beside a notebook: `python -m jupyter_sc2.ngrams --help`."""

from __future__ import annotations

import argparse
import os
import threading
import time
from pathlib import Path

from jupyter_sc2.ngrams import library, notebooks
from jupyter_sc2.tokenizer import Tokenizer

LOOK_SECONDS = 1.0


def go_with(parent: int) -> None:
    """Runs in a thread and ends the process when its parent is gone, even by `kill -9`: nobody wants the table."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.ngrams", description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of the weights")
    parser.add_argument("--nice", type=int, default=0, help="added to the process's niceness")
    kinds = parser.add_subparsers(dest="kind", required=True)
    libraries = kinds.add_parser("libraries")
    libraries.add_argument("--folder", type=Path, required=True, help="where tables are kept")
    libraries.add_argument("names", nargs="+", help="libraries by the names that they are imported by")
    beside = kinds.add_parser("notebooks")
    beside.add_argument("--root", type=Path, required=True, help="no file outside it is read")
    beside.add_argument("--path", required=True, help="the notebook, from the root on")
    beside.add_argument("--table", type=Path, required=True, help="the file to write")
    args = parser.parse_args()
    threading.Thread(target=go_with, args=[os.getppid()], daemon=True).start()
    if args.nice and hasattr(os, "nice"):
        os.nice(args.nice)
    tokenizer = Tokenizer(args.tokenizer)
    if args.kind == "notebooks":
        is_made = notebooks.build(args.root, args.path, tokenizer, args.table)
        print(args.path, args.table if is_made else "stands alone")
        return
    for name in args.names:
        print(name, library.build(name, tokenizer, args.folder) or "is not installed")


if __name__ == "__main__":
    main()
