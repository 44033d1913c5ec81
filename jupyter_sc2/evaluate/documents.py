"""Notebooks and Python files as documents: cells, and what became of them in a kernel."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from jupyter_sc2.messages import NotebookState
from jupyter_sc2.notebook import SourceCell

MAX_OUTPUT = 2000  # characters of a cell's saved output
Kind = Literal["code", "markdown", "raw"]
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours of tracebacks


class Output(Struct, frozen=True):
    """What a cell showed when it was saved: plain text, and the exception's name and message."""

    text: str = ""
    error: str = ""


class Document(Struct, frozen=True):
    """`outputs` are parallel to `cells`. A lived-in notebook has a `state`, and is asked in the cell `target` only.

    A Python file (`is_file`) is one cell. Documents of one `group` are made from the same notebook.
    """

    name: str
    cells: tuple[SourceCell, ...]
    language: str = "python"
    outputs: tuple[Output, ...] = ()
    state: NotebookState | None = None
    target: str = ""
    is_file: bool = False
    group: str = ""


class Unreadable(Exception):
    """The file is no document; says why in a few words."""


def read(path: Path, name: str) -> Document:
    """Raises Unreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable("not a text file in UTF-8" if isinstance(error, ValueError) else "cannot be opened") from None
    if path.suffix != ".ipynb":
        return Document(name, (source_cell("c0", "code", text),), outputs=(Output(),), is_file=True, group=name)
    try:
        document = _notebook(json.loads(text), name)
        "".join(cell.source for cell in document.cells).encode()  # JSON may hold what UTF-8 cannot
        return document
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Unreadable("not a notebook of format 4") from None


def source_cell(cell_id: str, kind: Kind, text: str) -> SourceCell:
    """As the server has it: plain line ends, and the hash of the text as it was."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return SourceCell(cell_id, kind, plain, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def _notebook(content: Any, name: str) -> Document:
    raw = content["cells"]
    ids = [cell.get("id") for cell in raw]
    if not all(isinstance(i, str) and i for i in ids) or len({*ids}) < len(ids):
        ids = [f"c{number}" for number in range(len(raw))]
    metadata = content.get("metadata", {})
    ours = metadata.get("jupyter_sc2") or {}
    state = msgspec.convert(ours["state"], NotebookState) if "state" in ours else None
    target = ours.get("target", "")
    if (state is None) != (not target) or (target and target not in ids):
        raise ValueError
    return Document(
        name=name,
        cells=tuple(
            source_cell(i, _kind(cell["cell_type"]), _joined(cell["source"])) for i, cell in zip(ids, raw, strict=True)
        ),
        language=_language(metadata),
        outputs=tuple(_output(cell.get("outputs") or []) for cell in raw),
        state=state,
        target=target,
        group=str((ours.get("source") or {}).get("file") or name),
    )


def _kind(kind: str) -> Kind:
    if kind not in ("code", "markdown", "raw"):
        raise ValueError
    return cast(Kind, kind)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _language(metadata: dict[str, Any]) -> str:
    info, spec = metadata.get("language_info") or {}, metadata.get("kernelspec") or {}
    return str(info.get("name") or spec.get("language") or "python").lower()


def plain_text(output: dict[str, Any]) -> str:
    """What the page tells of an output (labextension/src/kernel/text.ts): no warnings, no text beside a picture."""
    if output.get("output_type") == "stream":
        return _joined(output.get("text", "")) if output.get("name") == "stdout" else ""
    data = output.get("data") or {}
    if "text/plain" not in data or any(form.startswith("image/") for form in data):
        return ""
    text = _joined(data["text/plain"])
    return f"{text}\n" if text else ""


def _output(outputs: list[dict[str, Any]]) -> Output:
    texts, error = [], ""
    for output in outputs:
        if output.get("output_type") == "error":
            error = _ESCAPES.sub("", f"{output.get('ename', '')}: {output.get('evalue', '')}")
        else:
            texts.append(plain_text(output))
    return Output("".join(texts)[:MAX_OUTPUT], error[:MAX_OUTPUT])
