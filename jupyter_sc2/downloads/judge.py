"""Whether the engine can compute what a `config.json` describes, told before gigabytes are fetched."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_sc2.downloads.offer import CHOOSE, CONFIG
from jupyter_sc2.engine.config import read_config
from jupyter_sc2.errors import WeightsError


def check_config(weights: str, config: bytes) -> None:
    """Raises WeightsError unless these are StarCoder2's, and all that the engine can compute."""
    try:
        raw = json.loads(config)
        kind = raw.get("model_type")
    except (ValueError, AttributeError, RecursionError):
        raise WeightsError("weights_corrupt", f"config.json of {weights} is not readable JSON.", CHOOSE) from None
    if "auto_map" in raw:
        reason = f"{weights} asks to run code of its own (auto_map in its config.json); refused."
        raise WeightsError("weights_unsafe", reason, CHOOSE)
    if kind != "starcoder2":
        reason = f"{weights} is no StarCoder2 model: its config.json says {str(kind)[:40]!r}."
        raise WeightsError("wrong_model", reason, CHOOSE)
    with TemporaryDirectory(prefix="jupyter-sc2-") as folder:
        path = Path(folder, CONFIG)
        path.write_bytes(config)
        try:
            read_config(path.parent)
        except WeightsError as error:
            message = error.message.replace(str(path), f"config.json of {weights}")
            raise WeightsError("wrong_model", message, CHOOSE) from None
