"""Files beside a notebook: the user's own modules, as far as it imports them, and other notebooks that are open."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.manager import ContentsManager

from jupyter_sc2.messages import OpenFile
from jupyter_sc2.notebook import ContextFile, SourceCell, excerpt, imported_modules

MAX_BYTES = 256 << 10  # a larger module is generated rather than written


def root_of(manager: ContentsManager) -> str:
    """The folder whose files a contents manager serves; empty where it keeps them elsewhere."""
    return manager.root_dir if isinstance(manager, FileContentsManager | AsyncFileContentsManager) else ""


def files_beside(
    root: str, path: str, cells: Sequence[SourceCell], open_files: Sequence[OpenFile]
) -> tuple[ContextFile, ...]:
    """The modules first. Without a `root` on disk, or a `path`, open notebooks only."""
    modules = modules_beside(Path(root), path, cells) if root and path else ()
    scripts = [
        ContextFile(file.path.rpartition("/")[2].removesuffix(".ipynb") + ".py", excerpt(file.source, frozenset()))
        for file in open_files
    ]
    return (*modules, *(script for script in scripts if script.source))


def modules_beside(root: Path, path: str, cells: Sequence[SourceCell]) -> tuple[ContextFile, ...]:
    """What `cells` of the notebook or file `path`, as in Jupyter's contents API, import from its own folder, or
    from those above it up to `root`.

    Reads files, so it does not belong on the event loop. What cannot be read is left out.
    """
    if any(part.startswith(".") for part in path.split("/")):
        return ()  # hidden, as Jupyter's contents are
    folder = PurePosixPath(path.strip("/")).parent
    found = []
    for module, names in imported_modules(cells).items():
        parts = module.lstrip(".").split(".")
        up = len(module) - len(module.lstrip("."))
        if up > len(folder.parts) or not all(part.isidentifier() for part in parts):
            continue
        place = PurePosixPath(*[".."] * up, *parts)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if text := excerpt(_source(root, root / folder / file), names):
                found.append(ContextFile(str(file), text))
                break
    return tuple(found)


def _source(root: Path, file: Path) -> str:
    try:
        whole = file.resolve(strict=True)
        state = whole.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_BYTES or not whole.is_relative_to(root.resolve()):
            return ""
        return _read(whole, state.st_mtime_ns)
    except (OSError, UnicodeDecodeError, RuntimeError):
        return ""


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> str:
    """`changed` is when, so that a saved file is read again."""
    return file.read_text("utf-8").replace("\r\n", "\n")
