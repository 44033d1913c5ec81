"""What became of a notebook's cells in its kernel, and which names live there: types and shapes, never values."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from jupyter_sc2.messages.bounds import MAX_BODY_BYTES, MAX_CELLS, Identifier, Sha256

MAX_VARIABLES = 1000
Name = Annotated[str, Meta(max_length=200)]


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a table."""

    name: Name
    dtype: Name = ""


class Variable(Struct, frozen=True, forbid_unknown_fields=True):
    """A name of the kernel's. `type` is its object's; `module` where the type comes from, of a module its own name.

    `shape` is an array's or a table's, of other containers their length. `signature` is a function's, or a class's own
    `__init__`, as `(path, sep=..., *rest)`; `members` are attributes and methods of classes that the user wrote.
    """

    name: Name
    type: Name
    module: Name = ""
    shape: Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=16)] | None = None
    dtype: Name = ""
    columns: Annotated[list[Column], Meta(max_length=200)] = []
    signature: Annotated[str, Meta(max_length=500)] = ""
    members: Annotated[list[Name], Meta(max_length=50)] = []


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """The kernel's names after its `execution_count`-th execution, in the order in which they were first assigned."""

    execution_count: Annotated[int, Meta(ge=0)]
    variables: Annotated[list[Variable], Meta(max_length=MAX_VARIABLES)] = []


class CellRun(Struct, frozen=True, forbid_unknown_fields=True):
    """How a cell last ran in this kernel. `order` is the execution count, `sha` that of the source that ran, if known.

    `output` is plain text, cut by whoever sends it; `error` the exception's name and message.
    """

    id: Identifier
    order: Annotated[int, Meta(ge=1)]
    sha: Sha256 | None = None
    output: Annotated[str, Meta(max_length=4096)] = ""
    error: Annotated[str, Meta(max_length=2048)] = ""


class NotebookState(Struct, frozen=True, forbid_unknown_fields=True):
    """Cells that are not in `runs` were not run by this kernel."""

    runs: Annotated[list[CellRun], Meta(max_length=MAX_CELLS)] = []
    snapshot: Snapshot | None = None


class OpenFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Another notebook that is open beside, as the script of its code cells. `path` is as in Jupyter's contents API."""

    path: Annotated[str, Meta(max_length=4096)]
    source: Annotated[str, Meta(max_length=65_536)]


class StateRef(Struct, frozen=True, forbid_unknown_fields=True):
    """A NotebookState or OpenFile as JSON text, left out when the server knows `sha`, its SHA-256 in UTF-8, already."""

    sha: Sha256
    source: Annotated[str, Meta(max_length=MAX_BODY_BYTES)] | None = None
