"""Nobody reaches a route without Jupyter's authentication, XSRF and origin checks, and its authorizer is asked."""

import warnings
from http.cookies import SimpleCookie

import pytest
from jupyter_server.auth import AllowAllAuthorizer
from jupyter_server.utils import JupyterServerAuthWarning
from traitlets.config import Config
from wire import body, check_failure

UUID = "00000000-0000-4000-8000-000000000000"
SAFE = [
    ("GET", ("status",)),
    ("GET", ("snapshot-code",)),
    ("GET", ("conversations", UUID)),
    ("GET", ("models",)),
    ("GET", ("licences", "bigcode-openrail-m")),
]
UNSAFE = [
    ("POST", ("complete",)),
    ("POST", ("magic",)),
    ("POST", ("chat",)),
    ("POST", ("conversations",)),
    ("DELETE", ("conversations", UUID)),
    ("DELETE", ("requests", "request-1")),
    ("POST", ("restart",)),
    *(("POST", ("models", each)) for each in ("download", "pause", "cancel", "delete", "load", "unload", "reload")),
    ("PUT", ("models", "settings")),
    ("PUT", ("roles", "ghost")),
    ("PUT", ("licences", "bigcode-openrail-m")),
]
ROUTES = SAFE + UNSAFE
TRUSTED = "https://trusted.example.com"
FOREIGN = [
    "https://evil.example",
    f"{TRUSTED}.evil.example",  # CVE-2026-40110: the pattern was not anchored at its end
    f"{TRUSTED}@evil.example",
    f"https://evil.example/{TRUSTED}",
]


class NoExecution(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return (action, resource) != ("execute", "sc2")


class OnlySc2Execution(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return (action, resource) == ("execute", "sc2")


@pytest.fixture
def jp_server_config(jp_server_config, request):
    server = {"allow_origin_pat": TRUSTED.replace(".", r"\."), **getattr(request, "param", {})}
    return Config({**jp_server_config, "ServerApp": {**jp_server_config["ServerApp"], **server}})


@pytest.fixture
def page(jp_asyncio_loop, jp_serverapp, jp_fetch):
    """The cookies of a logged-in browser and the header that its scripts add."""
    jar = SimpleCookie()
    for path, token in ((("login",), "none"), (("sc2", "status"), None)):
        headers = {"Authorization": token} if token else None
        response = jp_asyncio_loop.run_until_complete(jp_fetch(*path, headers=headers))
        for line in response.headers.get_list("Set-Cookie"):
            jar.load(line)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
    assert "_xsrf" in jar
    assert len(jar) > 1
    return {"Authorization": "none", "Cookie": cookie, "X-XSRFToken": jar["_xsrf"].value}


def content(method):
    return body() if method == "POST" else None


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_way_in_without_a_token(engine, send, method, path):
    for headers in ({"Authorization": "none"}, {"Authorization": "token wrong"}, {"Authorization": "Bearer wrong"}):
        response = await send(content(method), *path, method=method, headers=headers)
        assert (response.status, check_failure(response.text)["code"]) == (403, "forbidden")
    response = await send(content(method), *path, method=method, headers=headers, params={"token": "wrong"})
    assert response.status == 403
    assert engine.tickets == engine.cancelled == []


@pytest.mark.parametrize(("method", "path"), UNSAFE)
async def test_a_cookie_alone_is_not_enough(engine, send, page, method, path):
    del page["X-XSRFToken"]
    for headers in (page, {**page, "X-XSRFToken": "wrong"}, {**page, "Sec-Fetch-Mode": "no-cors"}):
        response = await send(content(method), *path, method=method, headers=headers)
        assert (response.status, check_failure(response.text)["code"]) == (403, "forbidden")
    assert engine.tickets == engine.cancelled == []


@pytest.mark.filterwarnings("ignore:allow_origin_pat")
@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(("method", "path"), UNSAFE)
async def test_no_other_site_gets_in(engine, send, page, method, path, origin):
    response = await send(content(method), *path, method=method, headers={**page, "Origin": origin})
    assert response.status == 404
    assert response.headers.get("Access-Control-Allow-Origin") is None
    assert engine.tickets == engine.cancelled == []


async def test_no_other_site_reads_the_status(engine, send, page):
    response = await send(None, "status", method="GET", headers={**page, "Origin": FOREIGN[0]})
    assert response.status == 404


async def test_the_page_itself_gets_in(engine, send, page):
    for headers in (page, {**page, "Origin": TRUSTED}):
        assert (await send(body(), headers=headers)).status == 200
    assert (await send(None, "status", method="GET", headers=page)).status == 200
    response = await send(None, "requests", "request-1", method="DELETE", headers=page)
    assert check_failure(response.text)["message"] == "No such request is open."


async def test_a_token_gets_in(engine, send, jp_auth_header):
    token = jp_auth_header["Authorization"].partition(" ")[2]
    assert (await send(body(), headers={"Authorization": f"Bearer {token}"})).status == 200


@pytest.mark.parametrize("jp_server_config", [{"authorizer_class": NoExecution}], indirect=True)
async def test_an_authorizer_may_deny_execution(engine, send):
    for method, path in UNSAFE:
        response = await send(content(method), *path, method=method)
        assert (response.status, check_failure(response.text)["code"]) == (403, "forbidden")
    assert engine.tickets == engine.cancelled == []
    assert (await send(None, "status", method="GET")).status == 200


@pytest.mark.parametrize("jp_server_config", [{"authorizer_class": OnlySc2Execution}], indirect=True)
async def test_an_authorizer_may_deny_reading(engine, send):
    assert (await send(None, "status", method="GET")).status == 403
    assert (await send(body())).status == 200


@pytest.mark.parametrize("jp_server_config", [{"allow_unauthenticated_access": False}], indirect=True)
def test_every_route_is_declared_to_need_authentication(jp_configurable_serverapp):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        app = jp_configurable_serverapp()
    assert "jupyter_sc2" in app.web_app.settings
    warned = [str(each.message) for each in caught if issubclass(each.category, JupyterServerAuthWarning)]
    assert [message for message in warned if "sc2" in message.lower()] == []


@pytest.mark.parametrize("jp_server_config", [{"allow_unauthenticated_access": False}], indirect=True)
async def test_the_strict_server_lets_the_same_in(engine, send):
    assert (await send(None, "status", method="GET", headers={"Authorization": "none"})).status == 403
    assert (await send(body(), headers={"Authorization": "none"})).status == 403
    assert (await send(body())).status == 200


async def test_a_token_in_the_url_is_not_logged(engine, send, caplog):
    await send(None, "status", method="GET", headers={"Authorization": "none"}, params={"token": "hunter2"})
    engine.refusal = RuntimeError("hunter3")
    response = await send(body(), params={"auth": "hunter2"})
    assert response.status == 500
    assert check_failure(response.text)["code"] == "internal"
    assert "RuntimeError" in caplog.text
    assert "hunter" not in caplog.text


async def test_other_methods(engine, send):
    for method, path in (("GET", "complete"), ("PUT", "complete"), ("POST", "status"), ("GET", "requests/x")):
        response = await send(None if method == "GET" else body(), path, method=method)
        assert (response.status, check_failure(response.text)["code"]) == (405, "method_not_allowed")
