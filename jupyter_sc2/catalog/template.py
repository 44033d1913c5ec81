"""In which form weights expect a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from jupyter_sc2.catalog.bounded import read_json, read_text

# "self-align": `### Instruction`, as starcoder2-15b-instruct-v0.1; "chatml": `<|im_start|>role`, as StarChat2.
Template = Literal["", "self-align", "chatml"]
Kind = Literal["base", "instruct", "chat"]

KIND_OF: dict[Template, Kind] = {"": "base", "self-align": "instruct", "chatml": "chat"}
_SIGNS: dict[str, Template] = {"### Instruction": "self-align", "<|im_start|>": "chatml"}


def template_of(folder: Path, config: dict[str, Any]) -> Template:
    """What `config.json` says (`jupyter_sc2_template`), or what the text of the folder's own template looks like.

    The template itself is a program; it is read for its signs and never run.
    """
    said = config.get("jupyter_sc2_template")
    if isinstance(said, str) and said in get_args(Template):
        return said  # type: ignore[return-value]
    text = _template_text(folder)
    return next((template for sign, template in _SIGNS.items() if sign in text), "")


def _template_text(folder: Path) -> str:
    try:
        return read_text(folder / "chat_template.jinja")
    except (OSError, ValueError):
        found = read_json(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(found, list):  # several, each with a name
        found = "\n".join(str(entry.get("template")) for entry in found if isinstance(entry, dict))
    return found if isinstance(found, str) else ""
