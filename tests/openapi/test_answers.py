"""schemathesis: whatever is sent, each route answers as described, and never with a failure of the server itself.

What is meant to fit is made to: a random body that names cells by wrong hashes would never reach the engine.
"""

import hashlib
import json
from urllib.request import Request, urlopen

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from jupyter_sc2.openapi import document

FEW, MANY = 5, 200
NEW_IDS = 3  # of an answer
GENERATING = ("/sc2/complete", "/sc2/magic", "/sc2/chat")
REFUSALS = ["400", "401", "403", "404", "405", "413", "415", "422"]
CONTROL = "".join(map(chr, (*range(32), 127)))  # in a header: tornado refuses that before any handler sees it
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
        "generation": {"exclude-header-characters": CONTROL},
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
# What has the right form may still name what is not there, or be too much; Jupyter answers 403 without a token.
UNUSED = ("positive_data_acceptance", "missing_required_header")
LICENCE = "bigcode-openrail-m"


def fit(case, lab):
    """Makes a request of the right form consistent, and has it name what is there, by chance or always."""
    path, body, names = case.operation.path, case.body, case.path_parameters
    often = len(repr(body)) % 2
    if path == "/sc2/complete":
        fit_cells(body)
    elif path == "/sc2/chat":
        body |= conversation(lab)
    elif path == "/sc2/conversations/{id}":
        names["id"] = conversation(lab)["conversation_id"]
    elif path == "/sc2/licences/{id}" and (often or case.method == "GET"):
        names["id"] = LICENCE
        if case.method == "PUT":
            body["version"] = ask_lab(lab, "GET", f"sc2/licences/{LICENCE}")["version"]
    elif path == "/sc2/roles/{role}" and often:
        body |= {"weights": "built-in", "adapter": "", "precision": "auto", "device": "auto"}
    elif path == "/sc2/models/{action}" and often:
        body["weights"] = "built-in"
    elif path == "/sc2/v1/models/{model}":
        names["model"] = "ghost" if len(names["model"]) % 2 else names["model"]
    elif path == "/sc2/v1/chat/completions" and often:
        body["messages"].append({"role": "user", "content": "Square x"})
        for part in [part for message in body["messages"] for part in message.get("content") or () if part != "text"]:
            if isinstance(part, dict):
                part |= {"type": "text", "text": part.get("text") or ""}
        for name in ("logit_bias", "tools", "functions", "response_format", "stream_options"):
            body.pop(name, None)


def fit_cells(body):
    body.pop("state", None)
    body.pop("beside", None)
    for cell in body["cells"]:
        cell["source"] = cell.get("source") or "x = "
        cell["sha"] = hashlib.sha256(cell["source"].encode()).hexdigest()
    first = body["cells"][0]
    body["cursor"] = {"cell_id": first["id"], "offset": min(int(body["cursor"]["offset"]), len(first["source"]))}


def conversation(lab):
    opened = ask_lab(lab, "POST", "sc2/conversations", {"path": "a.ipynb"})["conversation"]
    return {"conversation_id": opened["id"], "revision": opened["revision"]}


def ask_lab(lab, method, path, body=None):
    headers = {"Authorization": f"token {lab.token}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{lab.url}/{path}", content, headers, method=method), timeout=10) as answer:
        return json.load(answer)


def short(body, path):
    """Asks for few new ids, unless the body asks for a number that is refused."""
    options, names, most = {}, (), 0
    if "/v1/" in path:
        options, names, most = body, ("max_tokens", "max_completion_tokens"), 2**31 - 1
    elif path in GENERATING:
        options, names, most = body.setdefault("options", {}), ("max_new_tokens",), 1024
    for name in names if isinstance(options, dict) else ():
        wanted = options.get(name, most)
        if ("/v1/" in path and wanted is None) or (type(wanted) in (int, float) and NEW_IDS < wanted <= most):
            options[name] = NEW_IDS


def check(lab, case):
    if case.meta.generation.mode.is_positive:
        fit(case, lab)
    if isinstance(case.body, dict):
        short(case.body, case.path)
    response = case.call(base_url=lab.url, headers={"Authorization": f"Bearer {lab.token}"}, timeout=30)
    case.validate_response(response, excluded_checks=CHECKS.get_by_names(UNUSED))
    return response


def ask(lab, label, mode, examples):
    """Random requests of a route. Which answers came, how often."""
    answers = {}

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def run(case):
        status = check(lab, case).status_code
        answers[status] = answers.get(status, 0) + 1

    run()
    print(f"{label} ({mode.value}): {answers}")
    return answers


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_a_few_requests_of_each_route(lab, label, mode):
    ask(lab, label, mode, FEW)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_many_requests_of_each_route(lab, label, mode):
    answers = ask(lab, label, mode, MANY)
    if mode.is_positive and label != "DELETE /sc2/requests/{request_id}":
        assert any(status < 300 for status in answers)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_bounds_of_each_field(lab, label):
    """Each value at and beyond its bounds, other methods, other content types."""
    operation = OPERATIONS[label]
    generation = SCHEMA.config.generation_for(operation=operation, phase="coverage")
    for case in SCHEMA.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=generation
    ):
        check(lab, case)
