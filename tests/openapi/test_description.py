"""The description and the handlers say the same, and so does the file in docs/."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from tornado import web

import jupyter_sc2
from jupyter_sc2 import handlers
from jupyter_sc2.openapi import document, encoded
from jupyter_sc2.openapi.__main__ import main
from jupyter_sc2.openapi.routes import ROUTES

DOCS = Path(jupyter_sc2.__file__).parents[1] / "docs"
METHODS = ("get", "post", "put", "delete", "patch", "head")


def served():
    """Pattern and handler of every route of the server."""
    return [(re.compile(f"{pattern}$"), handler) for pattern, handler, _ in handlers.routes(services=None)]


def methods_of(handler):
    """Those that the handler has, other than tornado's that answer 405."""
    return {name for name in METHODS if getattr(handler, name) is not web.RequestHandler._unimplemented_method}


@pytest.mark.skipif(not DOCS.is_dir(), reason="an installed package has no docs")
def test_the_file_is_what_the_server_gives():
    assert (DOCS / "openapi.json").read_bytes() == encoded(), "run `python -m jupyter_sc2.openapi`"


def test_the_file_can_be_written(tmp_path, capsys):
    main(str(tmp_path / "openapi.json"))
    assert json.loads((tmp_path / "openapi.json").read_text("utf-8")) == document()


def test_every_route_is_described_and_nothing_else():
    described = {}
    for route in ROUTES:
        path = re.sub(r"{\w+}", "x", route.path)
        serving = [handler for pattern, handler in served() if pattern.match(path)]
        assert serving, f"{route.path} is described but not served"
        described.setdefault(serving[0], set()).add(route.method)
    for pattern, handler in served():
        assert described.get(handler) == methods_of(handler), pattern.pattern


def test_errors_are_declared_where_they_occur():
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            known = operation["responses"].keys()
            assert "500" not in known  # what nobody foresaw is not described
            assert {"400", "403", "404"} <= known
            assert ("401" in known) == path.startswith("/sc2/v1/")
            assert ({"413", "415"} <= known) == ("requestBody" in operation)


def test_every_reference_leads_somewhere():
    whole = document()
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(whole)))
    assert references
    for reference in references:
        place = whole
        for step in reference.split("/"):
            place = place[step]


def test_schemas_are_schemas():
    for name, schema in document()["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["title"] == name
        assert "(?!" not in json.dumps(schema)


async def test_the_server_gives_it(jp_fetch, sc2_app):
    response = await jp_fetch("sc2", "openapi.json")
    assert response.headers["Content-Type"] == "application/json"
    assert response.body == encoded()
