"""What `jupyter sc2 doctor` may be told. Imports nothing heavy: it is read for every `--help`."""

from __future__ import annotations

import argparse

DESCRIPTION = """Versions, devices, memory, disk, folders, licences and weights, checked, with what to do about each
problem. Nothing is downloaded, changed or sent; of secrets it only says whether they are set."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument(
        "--interpreter",
        metavar="PYTHON",
        help="the Python that runs the model (default: as Jupyter is configured)",
    )
