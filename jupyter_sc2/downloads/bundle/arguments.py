"""What `jupyter sc2 bundle` may be told. Imports nothing heavy: it is read for every `--help`."""

from __future__ import annotations

import argparse
from pathlib import Path

DESCRIPTION = """Takes weights to a machine without a network: `export` writes them into one file where they are
downloaded, `import` checks that file and unpacks it there. Their licence and model card go with them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="no progress")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write downloaded weights into a file")
    export.add_argument("weights", metavar="WEIGHTS", help="their id, such as bigcode/starcoder2-3b")
    export.add_argument("file", type=Path, metavar="FILE", help="the file to write, as large as the weights")
    unpack = actions.add_parser("import", help="check such a file and unpack it")
    unpack.add_argument("file", type=Path, metavar="FILE", help="a file that `export` wrote")
