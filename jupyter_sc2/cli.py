"""`jupyter sc2 ...`: commands beside the server. Each is imported when it is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from jupyter_sc2 import __version__
from jupyter_sc2.doctor import arguments as doctor
from jupyter_sc2.downloads.bundle import arguments as bundle
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate import arguments as evaluate
from jupyter_sc2.models_command import arguments as models


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="jupyter sc2", description="StarCoder2 inside Jupyter: commands.")
    made.add_argument("--version", action="version", version=__version__)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = commands.add_parser
    bundle.add_arguments(
        add("bundle", help="weights as a file, for machines without a network", description=bundle.DESCRIPTION)
    )
    doctor.add_arguments(
        add("doctor", help="what is wrong here, and what to do about it", description=doctor.DESCRIPTION)
    )
    evaluate.add_arguments(
        add("evaluate", help="how good completions are on your own notebooks", description=evaluate.DESCRIPTION)
    )
    models.add_arguments(
        add("models", help="which weights there are, and which answer", description=models.DESCRIPTION)
    )
    return made


def run(args: argparse.Namespace) -> int:
    """Runs the command that was named."""
    if args.command == "bundle":
        from jupyter_sc2.downloads.bundle import command as bundle_command

        return bundle_command.run(args)
    if args.command == "doctor":
        from jupyter_sc2.doctor import command as doctor_command

        return doctor_command.run(args)
    if args.command == "models":
        from jupyter_sc2.models_command import command as models_command

        return models_command.run(args)
    from jupyter_sc2.evaluate import command as evaluate_command

    return evaluate_command.run(args)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, 1 for what the doctor found, 2 for a mistake or missing weights, 130 after Ctrl+C."""
    args = parser().parse_args(argv)
    try:
        return run(args)
    except Sc2Error as error:
        print(" ".join(filter(None, (error.message, error.hint))), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
