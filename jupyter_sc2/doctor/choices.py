"""What each role begins with, and which licences are answered. Changes nothing, not even a damaged file."""

from __future__ import annotations

from typing import cast

import msgspec

from jupyter_sc2 import catalog
from jupyter_sc2.doctor.configured import Configured
from jupyter_sc2.doctor.folders import data_folder
from jupyter_sc2.doctor.report import Accepted, Check, Role
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import TERMS, Acceptances
from jupyter_sc2.messages import Precision
from jupyter_sc2.roles.kept import MAX_BYTES, NAME, Kept
from jupyter_sc2.roles.policy import ROLES, Policy


def kept() -> tuple[Kept, str]:
    """What users chose, and why it cannot be read."""
    path = data_folder() / NAME
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=Kept), ""
    except (FileNotFoundError, NotADirectoryError):
        return Kept(), ""
    except (OSError, msgspec.DecodeError, RecursionError):
        return Kept(), f"{path} cannot be read"


def roles(configuration: Configured) -> list[Role]:
    """As a server would begin, but for weights that are not here: those are a problem to be told."""
    chosen, _ = kept()
    policy = Policy(
        weights=configuration.weights,
        roles={role: configuration.roles[role] for role in ROLES if role in configuration.roles},
        allowed=tuple(configuration.allowed_weights),
        precision=cast(Precision, configuration.precision),
        device=configuration.device,
    )
    found = []
    for role in ROLES:
        choice, source = policy.default(role), "configuration" if role in policy.pinned else "default"
        own = chosen.roles.get(role)
        if own is not None and role not in policy.pinned and policy.allows(own.weights):
            choice, source = own, "chosen"
        found.append(Role(role, choice.weights, choice.precision, choice.device, source, choice.adapter))
    return found


def licences(configuration: Configured) -> list[Accepted]:
    """The user's own answer counts before the administrator's."""
    acceptances, found = Acceptances(data_folder()), []
    for name, terms in TERMS.items():
        own = acceptances.of(name)
        if own is not None:
            found.append(Accepted(name, terms.title, "accepted", own.who, own.time))
        elif acceptances.refused(name):
            found.append(Accepted(name, terms.title, "refused"))
        elif configuration.licences_accepted_by:
            found.append(Accepted(name, terms.title, "accepted", configuration.licences_accepted_by))
        else:
            found.append(Accepted(name, terms.title, "not answered"))
    return found


def choices(configuration: Configured, found: list[Role], answers: list[Accepted]) -> list[Check]:
    """Whether each role's weights are here and may be used."""
    checks = []
    if configuration.trouble:
        advice = "Correct that file; a server that reads it would not start, or without your settings."
        checks.append(Check("configuration", "problem", configuration.trouble, advice))
    if kept()[1]:
        advice = "Choose the weights again in the panel, or delete the file."
        checks.append(Check("choice of weights", "warn", kept()[1], advice))
    accepted = {answer.licence for answer in answers if answer.state == "accepted"}
    for weights in dict.fromkeys(role.weights for role in found):
        names = ", ".join(role.role for role in found if role.weights == weights)
        checks.append(_usable(weights, names, accepted))
    return checks


def _usable(weights: str, name: str, accepted: set[str]) -> Check:
    try:
        needed = catalog.licence_needed(weights)
        if needed and needed not in accepted:
            advice = f"Read and accept them: `jupyter sc2 models accept {needed}`."
            return Check(name, "problem", f"{weights}: the terms {TERMS[needed].title} are not accepted", advice)
        catalog.find(weights)
    except Sc2Error as error:
        return Check(name, "problem", error.message, error.hint)
    return Check(name, "ok", weights)
