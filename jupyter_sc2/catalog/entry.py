"""One entry of the catalogue, read from the `config.json` of a weights folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from jupyter_sc2.catalog.bounded import read_text
from jupyter_sc2.catalog.names import BUILT_IN, locate, name_of
from jupyter_sc2.catalog.template import KIND_OF, Kind, Template, template_of
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.messages import MAX_PROMPT_IDS


class Entry(Struct, frozen=True):
    """Weights as a prompt builder needs to know them. `max_positions` counts token ids, prompt and reply together.

    Weights that `heals` are asked from a border between tokens, and spell what is typed of a word before they go on.
    Weights with a `second_voice` look up the libraries that a notebook imports; those that `reads_notebooks` also
    what stands beside it. Weights with `answers` learned to answer requests in words and are shown no examples. `base`
    weights complete text and were not trained to converse; others expect their `template`.
    """

    name: str
    folder: Path
    fim_order: Literal["spm", "psm"]
    max_positions: int
    format_version: int
    heals: bool = False
    answers: bool = False
    second_voice: bool = False
    reads_notebooks: bool = False
    template: Template = ""

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.template]

    @property
    def tokenizer_path(self) -> Path:
        return self.folder / "tokenizer.json"


class _Config(Struct, frozen=True):
    """The part of `config.json` that is read here; the worker checks the rest."""

    max_position_embeddings: Annotated[int, Meta(ge=1, le=1 << 20)] = 16384
    jupyter_sc2_fim_order: Literal["spm", "psm"] = "psm"
    jupyter_sc2_token_healing: bool = False
    jupyter_sc2_answers_requests: bool = False
    jupyter_sc2_second_voice: dict[str, list[float] | float | None] | None = None
    jupyter_sc2_format_version: Annotated[int, Meta(ge=1, le=1000)] = 1


def find(weights: str) -> Entry:
    """Reads the entry of `weights`, a name or a folder. Raises WeightsError when there is none or it is damaged."""
    folder = locate(weights)
    path = folder / "config.json"
    try:
        raw = json.loads(read_text(path))
        config = msgspec.convert(raw, _Config)
    except (FileNotFoundError, NotADirectoryError):
        hint = "Check the setting Sc2App.weights." if weights != BUILT_IN else "Install jupyter-sc2 again."
        raise WeightsError("no_weights", f"No weights in {folder}: config.json is missing.", hint) from None
    except msgspec.ValidationError as error:
        raise WeightsError("weights_corrupt", f"{path} does not describe a StarCoder2 model: {error}.") from None
    except (OSError, ValueError, RecursionError):
        raise WeightsError("weights_corrupt", f"{path} is not readable JSON.") from None
    from jupyter_sc2.catalog.known import known  # a server starts without it

    expected = known(weights)
    return Entry(
        name=name_of(weights),
        folder=folder,
        fim_order=config.jupyter_sc2_fim_order,
        max_positions=min(config.max_position_embeddings, MAX_PROMPT_IDS),
        format_version=config.jupyter_sc2_format_version,
        heals=config.jupyter_sc2_token_healing,
        answers=config.jupyter_sc2_answers_requests,
        second_voice=config.jupyter_sc2_second_voice is not None,
        reads_notebooks=bool((config.jupyter_sc2_second_voice or {}).get("notebooks")),
        template=expected.template if expected else template_of(folder, raw),
    )
