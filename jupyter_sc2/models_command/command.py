"""Runs `jupyter sc2 models`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import msgspec

from jupyter_sc2 import catalog
from jupyter_sc2.downloads import terminal
from jupyter_sc2.downloads.delete import delete as delete_weights
from jupyter_sc2.downloads.places import check_id, hub_cache
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import AnswerLicence, ChooseWeights, ModelSettings, Role, WeightsAction
from jupyter_sc2.models_command import gate
from jupyter_sc2.models_command.servers import Server, running
from jupyter_sc2.models_command.surroundings import Surroundings, full_name, who
from jupyter_sc2.models_command.table import details, overview
from jupyter_sc2.roles.checks import check
from jupyter_sc2.roles.entries import entry_of
from jupyter_sc2.roles.policy import ROLES


def run(args: argparse.Namespace) -> int:
    """Returns the exit status: 0, 1 where the user said no, 130 after Ctrl+C. Raises Sc2Error."""
    actions: dict[str | None, Callable[[argparse.Namespace], int]] = {
        None: _list, "list": _list, "show": _show, "download": _download, "delete": _delete, "use": _use,
        "accept": _accept, "refuse": _refuse, "load": _act, "unload": _act, "reload": _act, "idle": _idle,
    }  # fmt: skip
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    found = Surroundings().catalogue()
    if getattr(args, "json", False):
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    print("\n".join(overview(found)))
    return 0


def _show(args: argparse.Namespace) -> int:
    found, name = Surroundings().catalogue(), full_name(args.weights)
    entry = next((entry for entry in found.entries if entry.weights.lower() == name.lower()), None)
    print("\n".join(details(entry or entry_of(name, found.machine), found)))
    return 0


def _download(args: argparse.Namespace) -> int:
    here = Surroundings()
    check_id(args.weights)
    here.policy.require(args.weights)
    try:
        gate.require(here.acceptances, catalog.licence_needed(args.weights), args.accept_licence)
    except Sc2Error as error:
        return _said_no(error)
    status = terminal.download(args.weights, args.revision, args.quiet)
    if status == 0:
        print(f"{args.weights} is here. To use it: jupyter sc2 models use ghost {args.weights}")
    return status


def _delete(args: argparse.Namespace) -> int:
    here = Surroundings()
    check_id(args.weights)
    users = {choice.role for choice in here.roles if args.weights in (choice.weights, choice.adapter)}
    for server in running():
        told = server.ask("GET", "sc2/status")["roles"]
        fields = ("weights", "adapter", "next_weights")
        users |= {choice["role"] for choice in told if args.weights in [choice[field] for field in fields]}
    if users:
        names = " and ".join(role for role in ROLES if role in users)
        hint = f"Choose other weights first: jupyter sc2 models use {next(r for r in ROLES if r in users)} built-in"
        raise Sc2Error("in_use", f"{args.weights} answers for {names}.", hint, status=409)
    if not args.yes:
        if not sys.stdin.isatty():
            raise Sc2Error("not_asked", "Nobody is here to be asked.", "Say --yes to delete without a question.")
        if input(f"Delete {args.weights} from the disk? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was deleted.")
            return 1
    print(f"{args.weights} is deleted, {terminal.size(delete_weights(args.weights, hub_cache()))} are free again.")
    return 0


def _use(args: argparse.Namespace) -> int:
    choice = _choice(args)
    roles: tuple[Role, ...] = ROLES if args.role == "all" else (args.role,)
    here = Surroundings()
    for role in roles:
        check(role, choice, here.policy, here.acceptances)
    servers = list(running())
    for role in roles:
        for server in servers:
            told = server.ask("PUT", f"sc2/roles/{role}", choice)
            print(f"{server.shown}: {_on_its_way(role, told['weights'], told['next_weights'])}")
        if not servers:
            here.kept.keep(role, choice)
            print(f"{role}: {choice.weights} answers in every server that starts from now on.")
    return 0


def _on_its_way(role: str, weights: str, next_weights: str) -> str:
    coming = f"{next_weights} is being loaded; {weights} answers until then." if next_weights else f"{weights} answers."
    return f"{role}: {coming}"


def _choice(args: argparse.Namespace) -> ChooseWeights:
    raw = {name: getattr(args, name) for name in ("adapter", "precision", "device", "context")}
    try:
        return msgspec.convert({**raw, "weights": full_name(args.weights)}, ChooseWeights)
    except msgspec.ValidationError as error:
        raise Sc2Error("bad_value", f"This cannot be chosen: {str(error).lower()}.", status=422) from None


def _accept(args: argparse.Namespace) -> int:
    here = Surroundings()
    try:
        gate.require(here.acceptances, args.licence, args.accept_licence)
    except Sc2Error as error:
        return _said_no(error)
    told = here.acceptances.of(args.licence)
    if told is not None:
        print(f"{args.licence}, version {told.version}: accepted by {told.who} at {told.time}.")
    return 0


def _refuse(args: argparse.Namespace) -> int:
    """A server that runs is told: it lets go of the weights."""
    here = Surroundings()
    licence = here.acceptances.licence(args.licence)
    servers = list(running())
    for server in servers:
        server.ask("PUT", f"sc2/licences/{args.licence}", AnswerLicence(False, licence.version))
    if not servers:
        here.acceptances.refuse(licence.id, licence.version, who())
    print(f"{licence.title} is refused: weights under it are neither fetched nor loaded.")
    return 0


def _act(args: argparse.Namespace) -> int:
    for server in _servers():
        server.ask("POST", f"sc2/models/{args.action}", WeightsAction(full_name(args.weights)))
        print(f"{server.shown}: {args.action} {args.weights}: done or on its way.")
    return 0


def _idle(args: argparse.Namespace) -> int:
    if not 0 <= args.minutes <= 10_080:
        raise Sc2Error("bad_value", "MINUTES must be a whole number from 0 to 10080.", status=422)
    servers = list(running())
    for server in servers:
        server.ask("PUT", "sc2/models/settings", ModelSettings(args.minutes))
    if not servers:
        Surroundings().kept.keep_idle_minutes(args.minutes)
    print(
        f"Unused weights leave the memory after {args.minutes} minutes." if args.minutes else "Weights stay in memory."
    )
    return 0


def _servers() -> list[Server]:
    found = list(running())
    if not found:
        raise Sc2Error("no_server", "No Jupyter server with jupyter-sc2 runs, so nothing is loaded.", status=503)
    return found


def _said_no(error: Sc2Error) -> int:
    """1 for a licence that was not accepted; what else went wrong goes on."""
    if error.code != "licence_needed":
        raise error
    print(" ".join(filter(None, (error.message, error.hint))), file=sys.stderr)
    return 1
