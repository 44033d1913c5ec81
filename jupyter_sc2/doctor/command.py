"""`jupyter sc2 doctor`: looks, prints, and says by its exit status whether there is a problem."""

from __future__ import annotations

import argparse
import sys

import msgspec

from jupyter_sc2.doctor.collect import collect
from jupyter_sc2.doctor.show import text_of


def run(args: argparse.Namespace) -> int:
    """Returns 1 where a check found a problem, else 0."""
    report = collect(args.interpreter)
    text = msgspec.json.format(msgspec.json.encode(report)).decode() + "\n" if args.json else text_of(report)
    sys.stdout.write(text.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
    return int(any(check.state == "problem" for check in report.checks))
