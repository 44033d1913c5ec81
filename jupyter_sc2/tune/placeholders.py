"""E-mail addresses and secrets of the sources become StarCoder2's placeholders <EMAIL> and <KEY> (ids 35 and 36).

In documents each is one private character, which no tokenizer merges with its neighbours; in rows of ids it becomes the
special id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.notebook.secrets import MASK
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

EMAIL, KEY = "\ue000", "\ue001"
_IDS = {EMAIL: SPECIAL_ID["<EMAIL>"], KEY: SPECIAL_ID["<KEY>"]}
_ADDRESS = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")


def cleaned(text: str) -> str:
    """`text` without addresses, secrets, and private characters of its own."""
    text = _ADDRESS.sub(EMAIL, text.replace(EMAIL, "").replace(KEY, ""))
    masked = mask_secrets(text)
    return text if masked == text else masked.replace(MASK, KEY)


class Placeholders:
    """Puts special ids where a tokenizer has spelled the private characters."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._spelled = {tuple(tokenizer.encode(character)): known for character, known in _IDS.items()}

    def restore(self, ids: Sequence[int]) -> list[int]:
        out = list(ids)
        for spelled, known in self._spelled.items():
            place = _find(out, spelled[0], 0)
            while place >= 0:
                if tuple(out[place : place + len(spelled)]) == spelled:
                    out[place : place + len(spelled)] = [known]
                place = _find(out, spelled[0], place + 1)
        return out


def _find(ids: list[int], wanted: int, start: int) -> int:
    """Where `wanted` stands from `start` on; -1 for nowhere."""
    try:
        return ids.index(wanted, start)
    except ValueError:
        return -1
