"""`jupyter sc2 bundle`: shows progress, and says what was done."""

from __future__ import annotations

import argparse
from pathlib import Path

from jupyter_sc2.downloads.bundle.export import export
from jupyter_sc2.downloads.bundle.unpack import read_manifest, unpack
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.places import hub_cache
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.downloads.terminal import Line, size
from jupyter_sc2.errors import Sc2Error


def run(args: argparse.Namespace) -> int:
    """Returns 0. Raises Sc2Error."""
    line = Line(quiet=args.quiet)
    try:
        said = _export(args.weights, args.file, line) if args.action == "export" else _import(args.file, line)
    finally:
        line.close()
    print(said)
    return 0


def _export(weights: str, path: Path, line: Line) -> str:
    meter = Meter(weights, Settings(), line.show)
    try:
        export(weights, path.absolute(), meter)
    finally:
        meter.close()
    return f"{path} holds {weights} ({size(path.stat().st_size)}). On the other machine: jupyter sc2 bundle import FILE"


def _import(path: Path, line: Line) -> str:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Sc2Error(
            "bad_bundle", f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}."
        ) from None
    with file:
        manifest = read_manifest(file)
        meter = Meter(manifest.weights, Settings(), line.show)
        try:
            unpack(file, manifest, hub_cache(), meter)
        finally:
            meter.close()
    licence = f" Their licence: {manifest.licence_file} in the same folder." if manifest.licence_file else ""
    return f"{manifest.weights} is ready to use ({size(manifest.total)}).{licence}"
