"""Who accepted which licence; what nobody accepted, or somebody refused, is neither fetched nor loaded."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import msgspec

from jupyter_sc2 import disk
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences.record import Answer, Record
from jupyter_sc2.licences.terms import TERMS
from jupyter_sc2.messages import Acceptance, Licence

NAME, MAX_WHO = "licences.json", 100
HINT = "Read its terms and answer them in the panel of models, or with `jupyter sc2 models accept`."


class Acceptances:
    """Answers kept in `folder`, Jupyter's data folder `sc2`.

    `accepted_by` names the administrator who accepts the licences for everybody on this server; empty for nobody. Users
    see the terms nevertheless, and a user who refused them is not overruled.
    """

    def __init__(self, folder: Path, accepted_by: str = "") -> None:
        self.record = Record(folder / NAME)
        self.accepted_by = _plain(accepted_by)

    def of(self, licence_id: str) -> Acceptance | None:
        """The acceptance that counts here: of the present version, by the user or for the server."""
        answers = self._answers(licence_id)
        own = [answer for answer in answers if not answer.for_server]
        if own:
            return _acceptance(own[-1]) if own[-1].accepted else None
        if not self.accepted_by:
            return None
        told = [answer for answer in answers if answer.for_server and answer.who == self.accepted_by]
        return _acceptance(told[-1] if told else self._accept_for_server(licence_id))

    def refused(self, licence_id: str) -> bool:
        """Whether the user's last answer to the present version is no."""
        own = [answer for answer in self._answers(licence_id) if not answer.for_server]
        return bool(own) and not own[-1].accepted

    def licence(self, licence_id: str, text: str = "") -> Licence:
        """The terms, with the acceptance if there is one, and with the `text` that came with the weights."""
        return msgspec.structs.replace(_terms(licence_id), acceptance=self.of(licence_id), text=text)

    def require(self, licence_id: str) -> None:
        """Raises Sc2Error 403 `licence_needed` for what is not accepted. An empty id asks for nothing."""
        if not licence_id or self.of(licence_id):
            return
        title = _terms(licence_id).title
        state = "was refused here" if self.refused(licence_id) else "has not been accepted here yet"
        message = f"These weights are under the licence {title}, which {state}."
        raise Sc2Error("licence_needed", message, HINT, status=403)

    def accept(self, licence_id: str, version: str, who: str, for_server: bool = False) -> Acceptance:
        """Raises Sc2Error: 404 for an unknown licence, 409 for a version that is not the present one, 507 `unsaved`.

        An answer `for_server` counts as long as the server names the same person in `accepted_by`.
        """
        return _acceptance(self._keep(_answer(licence_id, version, who, True, for_server)))

    def refuse(self, licence_id: str, version: str, who: str) -> None:
        """Raises as `accept` does. The earlier answers stay in the file."""
        self._keep(_answer(licence_id, version, who, False))

    def _answers(self, licence_id: str) -> list[Answer]:
        asked = licence_id, _terms(licence_id).version
        return [answer for answer in self.record.read() if (answer.licence, answer.version) == asked]

    def _keep(self, answer: Answer) -> Answer:
        try:
            self.record.add(answer)
        except OSError as error:
            message = f"The answer to the licence could not be kept: {disk.reason(error)}."
            raise Sc2Error("unsaved", message, f"It belongs into {self.record.path}.", status=507) from None
        return answer

    def _accept_for_server(self, licence_id: str) -> Answer:
        """Writes down what the server's configuration says; where this fails, the configuration still says it."""
        answer = _answer(licence_id, _terms(licence_id).version, self.accepted_by, True, for_server=True)
        try:
            self.record.add(answer)
        except OSError:
            return answer
        return answer


def _answer(licence_id: str, version: str, who: str, accepted: bool, for_server: bool = False) -> Answer:
    terms = _terms(licence_id)
    if version != terms.version:
        message = f"{terms.title} is at version {terms.version} here, which is not the one that was answered."
        raise Sc2Error("conflict", message, "Load its terms again, then answer them.", status=409)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Answer(licence_id, version, _plain(who) or "unknown", now, accepted, for_server)


def _acceptance(answer: Answer) -> Acceptance:
    return Acceptance(answer.licence, answer.version, answer.who, answer.time, answer.for_server)


def _terms(licence_id: str) -> Licence:
    if licence_id not in TERMS:
        raise Sc2Error("not_found", "There is no such licence here.", status=404)
    return TERMS[licence_id]


def _plain(who: str) -> str:
    """A name on one line, without signs that cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in who).split())[:MAX_WHO]
