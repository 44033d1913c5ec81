"""Which folder a name of weights stands for."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from jupyter_sc2.errors import WeightsError

BUILT_IN = "built-in"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


def is_hub_id(weights: str) -> bool:
    """Whether `weights` name a repository of the Hugging Face Hub, `org/name`: a folder is written `./org/name`.

    So a name means the same in every folder that a server may be started in.
    """
    return _HUB_ID.fullmatch(weights) is not None and "--" not in weights and ".." not in weights


def locate(weights: str) -> Path:
    """The folder of `weights`. Those of the Hub are where the download put them.

    Raises WeightsError `no_weights` for an id of the Hub that was not downloaded. A folder need not exist.
    """
    if weights == BUILT_IN:
        return Path(__file__).parent.parent / "data" / BUILT_IN
    if not is_hub_id(weights):
        path = Path(weights)
        with suppress(RuntimeError):  # `~` of somebody who does not exist is a folder's name
            path = path.expanduser()
        return path.absolute()
    from jupyter_sc2.downloads import records  # needs nothing heavy, but only these weights need it

    record = records.find(weights)
    if record is None:
        hint = f"Fetch them with `jupyter sc2 models download {weights}`, or in the panel StarCoder2 models."
        raise WeightsError("no_weights", f"{weights} is not downloaded.", hint)
    return Path(record.folder)


def name_of(weights: str) -> str:
    """How `weights` are called where people read it: a folder by its last part, others by their name."""
    return weights if weights == BUILT_IN or is_hub_id(weights) else locate(weights).name
