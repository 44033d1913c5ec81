"""The table of one library: a few seconds to build, and 12 bytes an id on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from jupyter_sc2.ngrams.sources import installed, source_files
from jupyter_sc2.ngrams.table import Ngrams
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

MAX_IDS = 6_000_000  # of one library: 72 MB on disk
MAX_TABLES = 48  # kept on disk; the longest unused go


def table_path(name: str, tokenizer: Tokenizer, folder: Path) -> Path | None:
    """Where the table of a library, as it is installed now, is or would be. None for what is not installed."""
    root = installed(name)
    files = source_files(root) if root else []
    digest = hashlib.sha256(tokenizer.path.read_bytes())
    for file in files:
        status = file.stat()
        digest.update(f"{file}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return folder / f"{name}-{digest.hexdigest()[:16]}.npy" if files else None


def build(name: str, tokenizer: Tokenizer, folder: Path) -> Path | None:
    """The path of the library's table, written unless it is there. None for what is not installed."""
    path, root = table_path(name, tokenizer, folder), installed(name)
    if path is None or root is None or _is_whole(path):
        return path
    ids: list[int] = []
    for file in source_files(root):
        ids += [SPECIAL_ID["<file_sep>"], *tokenizer.encode(file.read_text("utf-8", errors="replace"))]
        if len(ids) > MAX_IDS:
            break
    folder.mkdir(parents=True, exist_ok=True)
    Ngrams.of(np.asarray(ids[:MAX_IDS], dtype=np.uint32)).save(path)
    _forget(name, path, folder)
    return path


def _is_whole(path: Path) -> bool:
    try:
        Ngrams.open(path)
        path.touch()  # the longest unused are forgotten
    except (OSError, ValueError):
        return False
    return True


def _forget(name: str, path: Path, folder: Path) -> None:
    """Drops older versions of the library's table, and the longest unused beyond MAX_TABLES."""
    tables = sorted(folder.glob("*.npy"), key=lambda table: table.stat().st_mtime, reverse=True)
    for index, table in enumerate(tables):
        if table != path and (index >= MAX_TABLES or table.name.rpartition("-")[0] == name):
            table.unlink(missing_ok=True)
