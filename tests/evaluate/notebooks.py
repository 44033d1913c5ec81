"""Small notebooks with what real ones have: Windows line ends, emoji, empty cells, magics, other languages."""

import json

CODE = "import math\nimport random\n\ndef area(radius):\n    square = radius ** 2\n    return math.pi * square\n"
CELLS = [
    ("markdown", "# Circles \U0001f535"),
    ("code", CODE.replace("\n", "\r\n")),
    ("code", ""),
    ("markdown", "The areas"),
    ("code", "radii = [random.random() for _ in range(10)]\nareas = [area(radius) for radius in radii]"),
    ("raw", "not code"),
    (
        "code",
        "%matplotlib inline\nname = '\U0001f600 caf\u00e9'  # a name\nprint(name, len(areas))\n# only a comment\n",
    ),
    ("code", 'text = """first line\nsecond = line\n"""\nprint(text.upper())'),
]


def notebook(cells=CELLS, language="python", **metadata):
    made = [
        {"cell_type": kind, "id": f"id{i}", "metadata": {}, "source": source.splitlines(keepends=True)}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for i, (kind, source) in enumerate(cells)
    ]
    metadata = {"language_info": {"name": language}, **metadata}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}


def write(path, content=None):
    """With its carriage returns as they are."""
    text = content if isinstance(content, str) else json.dumps(content or notebook())
    path.write_bytes(text.encode())
    return path
