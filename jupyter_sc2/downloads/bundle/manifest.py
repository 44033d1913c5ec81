"""What a bundle holds: an uncompressed tar whose first member lists the others, in their order, with sizes and sums."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from jupyter_sc2.downloads.offer import MAX_FILES, Commit, File
from jupyter_sc2.downloads.records import Record
from jupyter_sc2.messages import Sha256

MANIFEST = "jupyter-sc2-bundle.json"
MAX_MANIFEST_BYTES = 1 << 20
BLOCK = 512  # bytes; a member has a head of one block and is padded to whole ones
MAX_NAME = 100  # characters that a head has room for


class Bundled(Struct, frozen=True, forbid_unknown_fields=True):
    """A file, and its SHA-256."""

    file: File
    sha256: Sha256


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`licence_file` is one of the files, or empty."""

    format: Literal[1]
    weights: Annotated[str, Meta(max_length=200)]
    revision: Commit
    licence_file: str
    files: Annotated[list[Bundled], Meta(min_length=1, max_length=2 * MAX_FILES)]

    @property
    def total(self) -> int:
        return sum(each.file.size for each in self.files)


def manifest_of(record: Record) -> Manifest:
    """Small files first, so that a bundle that we cannot use is refused soon."""
    files = [Bundled(file, record.files[file.name].sha256) for file in record.offered()]
    files.sort(key=lambda each: (each.file.size, each.file.name))
    return Manifest(1, record.weights, record.revision, record.licence_file, files)
