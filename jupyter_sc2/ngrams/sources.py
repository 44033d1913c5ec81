"""Where the source files of an installed library are. Nothing is imported, so nothing of the library runs."""

from __future__ import annotations

import re
import site
import sys
from importlib.machinery import PathFinder
from pathlib import Path

MAX_FILES = 2000
MAX_FILE_BYTES = 400_000  # larger files are tables
_SKIPPED = re.compile(
    r"^(tests?|testing|_?vendor(ed)?|_?extern(als?)?|\..*|__pycache__)$|^(test_.*|.*_test|conftest)\.py$"
)


def installed(name: str) -> Path | None:
    """The folder or the file of an installed library; None for Python's own and for what is not installed."""
    if not name.isidentifier() or name in sys.stdlib_module_names:
        return None
    try:
        found = PathFinder.find_spec(name, _folders())
    except (OSError, ValueError, ImportError):  # a damaged archive on the path, for one
        return None
    if found is None:
        return None
    if found.submodule_search_locations:
        return Path(next(iter(found.submodule_search_locations)))
    return Path(found.origin) if found.origin and found.origin.endswith(".py") else None


def _folders() -> list[str]:
    """Where packages are installed: not the working folder, whose files may be anybody's."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [*site.getsitepackages(), *user]


def source_files(root: Path) -> list[Path]:
    """The Python files of a library, those nearest to its root first, without tests and copies of other libraries."""
    if root.is_file():
        return [root]
    found: list[Path] = []
    folders = [root]
    for folder in folders:
        if len(found) >= MAX_FILES:
            break
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        wanted = [entry for entry in entries if not _SKIPPED.match(entry.name) and not entry.is_symlink()]
        folders += [entry for entry in wanted if entry.is_dir()]
        found += [entry for entry in wanted if entry.suffix == ".py" and entry.is_file()]
    return [path for path in found[:MAX_FILES] if path.stat().st_size <= MAX_FILE_BYTES]
