"""The licence in a terminal: its terms point by point, and the answer to them."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import Licence
from jupyter_sc2.models_command.surroundings import who

WIDTH = 79


def require(acceptances: Acceptances, licence_id: str, accepts: bool) -> None:
    """Returns when the licence is accepted, by now or before. `accepts` is the answer given on the command line.

    Raises Sc2Error `licence_needed` when it is not.
    """
    if not licence_id or acceptances.of(licence_id):
        return
    licence = acceptances.licence(licence_id)
    if accepts:
        told = acceptances.accept(licence.id, licence.version, who())
        print(f"{licence.title} accepted in the name of {told.who} at {told.time}, as --accept-licence says.")
        print(f"Its text: {licence.url}")
        return
    if not sys.stdin.isatty():
        hint = "Run this in a terminal to read and answer its terms, or see --accept-licence."
        message = f"These weights are under {licence.title}, which has not been accepted here."
        raise Sc2Error("licence_needed", message, hint, status=403)
    for line in terms(licence):
        print(line)
    print('Type "accept" to accept it; anything else leaves things as they are.')
    try:
        answer = input("> ").strip().lower().strip("\"'")
    except EOFError:
        answer = ""
    if answer != "accept":
        raise Sc2Error("licence_needed", f"{licence.title} was not accepted; nothing was done.", status=403)
    told = acceptances.accept(licence.id, licence.version, who())
    print(f"Accepted in the name of {told.who} at {told.time}.")


def terms(licence: Licence) -> Iterator[str]:
    """The terms, one after the other."""
    yield f"{licence.title}, version {licence.version}"
    yield f"The text that counts: {licence.url}"
    yield ""
    yield "What it asks for, in our own words:"
    for duty in licence.duties:
        yield from _item("-", duty)
    yield ""
    yield "The model and what it writes must not be used to ..."
    for restriction in licence.restrictions:
        yield from _item(f"({restriction.letter})", restriction.text)
    yield ""


def _item(mark: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {mark} ", subsequent_indent=" " * (len(mark) + 3))
