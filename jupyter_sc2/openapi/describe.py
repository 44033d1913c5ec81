"""The description itself: the table of routes, and schemas made from the messages."""

from __future__ import annotations

import inspect
import json
import re
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from jupyter_sc2.messages import PROTOCOL
from jupyter_sc2.openapi.route import LATER, STATUS_TEXT, Route
from jupyter_sc2.openapi.routes import ROUTES

Json = dict[str, Any]

ABOUT = """StarCoder2 inside Jupyter. Jupyter's own base URL stands before each path. A program sends the server's
token; a page of Jupyter's sends its cookies and, unless it only reads, the XSRF header. Under `/sc2/v1/` the
conventions of OpenAI's API rule. The state of engines, downloads and roles also arrives on Jupyter's event bus."""


def document() -> Json:
    """The whole description as JSON values."""
    types = list(dict.fromkeys(kind for route in ROUTES for kind in route.types))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    known = dict(zip(types, schemas, strict=True))
    paths: dict[str, Json] = {}
    responses: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route, known, responses)
    whole: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "jupyter-sc2",
            "version": str(PROTOCOL),
            "description": " ".join(ABOUT.split()),
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": "..", "description": "The Jupyter server from which this description came."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: components[name] for name in sorted(components)},
            "responses": {name: responses[name] for name in sorted(responses)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    _tidy(whole)
    return whole


@lru_cache(maxsize=1)
def encoded() -> bytes:
    """The description as the server gives it and docs/openapi.json holds it."""
    return json.dumps(document(), indent=1, ensure_ascii=False).encode() + b"\n"


def _operation(route: Route, known: Json, shared: dict[str, Json]) -> Json:
    """Answers that are errors go to `shared`, by name."""
    operation: Json = {"operationId": _operation_id(route), "summary": route.summary}
    names = re.findall(r"{(\w+)}", route.path)
    if names:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": known[route.path_types[name]]} for name in names
        ]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[route.body]}}}
    responses = {str(status): _answer(route, status, kind, known) for status, kind in route.answers.items()}
    for status in sorted(route.errors):
        kinds = [kind for kind in (route.failure, route.also.get(status)) if kind is not None]
        name = "Or".join([kind.__name__ for kind in kinds]) + str(status)
        shapes = [known[kind] for kind in kinds]
        shared[name] = _error(status, shapes[0] if len(shapes) == 1 else {"anyOf": shapes})
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return {**operation, "responses": responses}


def _operation_id(route: Route) -> str:
    return re.sub(r"\W+", "_", f"{route.method}_{route.path.removeprefix('/sc2/')}").strip("_")


def _answer(route: Route, status: int, kind: Any, known: Json) -> Json:
    content: Json = {}
    if kind is not None:
        content["text/plain" if kind is str else "application/json"] = {"schema": known[kind]}
    if route.events:
        content["text/event-stream"] = {"schema": _events(route, known)}
    answer: Json = {"description": STATUS_TEXT[status]}
    return {**answer, "content": content} if content else answer


def _events(route: Route, known: Json) -> Json:
    """One event of a stream: a comment that keeps the connection open is none."""
    messages = {"anyOf": [known[kind] for kind in route.events]}
    data: Json = {"type": "string", "contentMediaType": "application/json", "contentSchema": messages}
    if route.ending:
        data = {"anyOf": [{"const": route.ending}, data]}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _error(status: int, schema: Json) -> Json:
    answer: Json = {"description": STATUS_TEXT.get(status, HTTPStatus(status).phrase)}
    if status in LATER:
        words = "Seconds after which it is worth trying again, where that is known."
        answer["headers"] = {"Retry-After": {"description": words, "schema": {"type": "integer", "minimum": 1}}}
    return {**answer, "content": {"application/json": {"schema": schema}}}


def _tidy(value: Any) -> None:
    """Docstrings without their indentation, patterns without what only Python needs: its `$` would allow a line end."""
    if isinstance(value, dict):
        if isinstance(pattern := value.get("pattern"), str):
            value["pattern"] = pattern.removesuffix(r"(?!\n)")
        if isinstance(words := value.get("description"), str):
            value["description"] = inspect.cleandoc(words)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _tidy(item)
