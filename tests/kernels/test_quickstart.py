"""The quickstart, run from top to bottom against a live server given by URL and token."""

import ast
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).parents[2] / "docs"


def test_the_quickstart_runs(known_server, tmp_path):
    shutil.copy(DOCS / "penguins.csv", tmp_path)
    notebook = nbformat.read(DOCS / "quickstart.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "it is committed without outputs"
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    asked = [cell for cell in notebook.cells if cell.source.startswith("%%starcoder")]
    assert asked
    for cell in asked:
        (output,) = [output for output in cell.outputs if "text/markdown" in output.get("data", {})]
        code = output["data"]["text/plain"]
        assert code.strip()
        ast.parse(code)
        assert output["metadata"]["jupyter_sc2"]["weights"] == "built-in"
    said = [str(output) for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [text for text in said if "No jupyter-sc2 server" in text or "stderr" in text]
