"""What there is to know about any weights: known ones, folders, and what was fetched from the Hub."""

from __future__ import annotations

from pathlib import Path

from jupyter_sc2.catalog.bounded import read_json
from jupyter_sc2.catalog.known import HUB, KNOWN, Known, known
from jupyter_sc2.catalog.licence import OPENRAIL, OPENRAIL_NAME, from_bigcode, licence_of
from jupyter_sc2.catalog.names import is_hub_id, locate, name_of
from jupyter_sc2.catalog.template import template_of
from jupyter_sc2.engine.config import ModelConfig, read_config
from jupyter_sc2.errors import Sc2Error


def describe(weights: str) -> Known:
    """The entry of `weights`. Raises WeightsError for a folder without StarCoder2 weights, or ones not fetched yet."""
    found = known(weights)
    if found is not None:
        return found
    folder = locate(weights)
    config, raw = read_config(folder), read_json(folder / "config.json")
    licence, licence_name = licence_of(folder, raw)
    twin = next((entry for entry in KNOWN if entry.licence and shape(entry.config) == shape(config)), None)
    if not licence and twin is not None:
        licence, licence_name = OPENRAIL, f"{OPENRAIL_NAME} (the shape is that of {twin.title})"
    template = template_of(folder, raw)
    return Known(
        weights=weights,
        title=name_of(weights),
        config=config,
        file_bytes=safetensors_bytes(folder),
        licence=licence,
        licence_name=licence_name,
        card=HUB + weights if is_hub_id(weights) else "",
        template=template,
        suited_for=("magic", "chat") if template else ("ghost", "magic"),
    )


def shape(config: ModelConfig) -> tuple[int, ...]:
    """What no fine-tuning changes: weights of BigCode's shape are taken for BigCode's or made of them."""
    heads = config.num_attention_heads, config.num_key_value_heads
    return config.hidden_size, config.intermediate_size, config.num_hidden_layers, *heads


def licence_needed(weights: str) -> str:
    """The id of the terms that `weights` come under, "" for none, also of ones that are not here yet.

    For a repository that nobody knows its card decides, so it must be asked again once that is here.
    """
    found = known(weights)
    if found is not None:
        return found.licence
    if from_bigcode(weights):  # also where a folder of that name stands in the way
        return OPENRAIL
    try:
        return describe(weights).licence
    except Sc2Error:
        return ""


def safetensors_bytes(folder: Path) -> int:
    """Of a folder's weights, links followed."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors") if path.is_file())
