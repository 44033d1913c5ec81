"""The rules of the house: which room may import which, where torch may be, and how large a file may grow."""

import ast
import statistics
from pathlib import Path

import pytest

import jupyter_sc2

PACKAGE = Path(jupyter_sc2.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "_version.py")

# What a room may import of ours besides itself; a room that is not named here may import anything but handlers.
MAY_IMPORT = {
    "messages": set(),
    "errors": set(),
    "tokenizer": {"errors"},
    "notebook": {"messages", "errors", "tokenizer"},
    "prompt": {"notebook", "messages", "errors", "tokenizer"},
    "review": {"messages", "errors"},
    "ngrams": {"tokenizer", "notebook"},
    "engine": {"__version__", "messages", "errors", "tokenizer", "ngrams"},
    "supervisor": {"messages", "errors", "engine.frames"},
    "catalog": {
        "messages", "errors", "engine.config", "engine.lowbit.parts", "downloads.records", "downloads.places",
    },
    "cells": {"messages", "errors", "notebook"},
    "events": {"messages"},
    "openapi": {"messages"},
    "disk": set(),
    "conversations": {"messages", "errors", "disk"},
    "downloads": {"__version__", "messages", "errors", "disk", "engine.config", "engine.folder"},
    "licences": {"messages", "errors", "disk"},
    "doctor": {
        "__version__", "messages", "errors", "catalog", "downloads", "licences", "roles", "supervisor", "engine.probe",
        "engine.folder",
    },
    "evaluate": {
        "__version__", "messages", "errors", "tokenizer", "notebook", "prompt", "supervisor", "catalog",
        "ngrams", "tune.documents", "licences", "downloads.kept", "doctor.configured",
    },
    "cli": {"__version__", "errors", "evaluate", "downloads", "doctor", "models_command"},
    "handlers": {
        "__version__", "messages", "errors", "tokenizer", "notebook", "prompt", "supervisor", "catalog", "cells",
        "conversations", "licences", "roles", "ngrams", "openapi",
    },
    "roles": {
        "messages", "errors", "disk", "catalog", "licences", "downloads", "supervisor", "engine.config",
        "engine.adapter_config",
    },
    "models_command": {
        "messages", "errors", "catalog", "licences", "downloads", "roles", "doctor.configured",
    },
}  # fmt: skip
PURE = {"notebook", "prompt", "review"}
IMPURE_MODULES = {
    "asyncio", "http", "io", "jupyter_client", "jupyter_core", "jupyter_server", "logging", "multiprocessing", "os",
    "pathlib", "requests", "shutil", "socket", "subprocess", "tempfile", "threading", "tornado", "urllib",
}  # fmt: skip
TORCH_ROOMS = {"engine", "tune"}
JUPYTER = {"jupyter_server", "jupyter_core", "jupyter_client", "jupyter_events", "jupyterlab", "tornado", "traitlets"}
MAX_LINES = 300
MAX_FUNCTION_LINES = 50
LONGER_FOR_A_REASON = {
    # Path within the package, and why it is longer.
}


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path):
    return str(path.relative_to(PACKAGE))


def imports_of(path):
    """Every module that a file imports anywhere, `from a import b` as both `a` and `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def ours(path):
    """What a file imports of ours, without the package's own name."""
    return {name.removeprefix("jupyter_sc2.") for name in imports_of(path) if name.startswith("jupyter_sc2.")}


def outside(path):
    return {name.partition(".")[0] for name in imports_of(path)}


def within(name, rooms):
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_keeps_the_rules(path):
    room = room_of(path)
    if room in MAY_IMPORT:
        allowed = MAY_IMPORT[room] | {room}
        # `from jupyter_sc2.engine import frames` names the room as well: `engine.frames` allows both.
        named = {name for name in ours(path) if not any(piece.startswith(f"{name}.") for piece in allowed)}
        assert {name for name in named if not within(name, allowed)} == set()
    if room not in {"extension", "handlers"}:
        assert not any(within(name, {"handlers"}) for name in ours(path))
    if room not in TORCH_ROOMS:
        assert "torch" not in outside(path)
    if room in PURE:
        assert outside(path) & IMPURE_MODULES == set()
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        assert {call.id for call in calls if isinstance(call, ast.Name)} & {"open", "print", "input"} == set()
    if room == "engine":
        assert outside(path) & JUPYTER == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_small(path):
    if name_of(path) in LONGER_FOR_A_REASON:
        return
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, node.name


def test_the_median_file_is_a_page():
    lengths = [len(path.read_text("utf-8").splitlines()) for path in FILES if path.name != "__init__.py"]
    assert statistics.median(lengths) <= 100


def test_the_rules_see_a_breach(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    from jupyter_sc2.handlers import base\n    import torch.nn\n")
    assert "handlers.base" in ours(path)
    assert "torch" in outside(path)
