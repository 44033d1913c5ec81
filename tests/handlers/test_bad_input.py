"""Every refusal of the error table: status, code, a sentence, and not a word of the body."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import body, cell, check_failure

from jupyter_sc2.messages import MAX_BODY_BYTES

SECRET = "hunter2"


def with_options(**options):
    return body(options=options)


def with_state(text):
    known = cell(text)
    return body(state={"sha": known["sha"], "source": text})


def text(**changes):
    return json.dumps(body(**changes))


CASES = {
    "empty": ("", 400, "bad_json", "line 1, column 1"),
    "not JSON": ('{\n  "a": 1,\n  oops\n}', 400, "bad_json", "line 3, column 3"),
    "truncated": (text()[:-1], 400, "bad_json", ""),
    "two values": (text() + "{}", 400, "bad_json", ""),
    "not an object": ("[1]", 400, "bad_json", "object"),
    "null": ("null", 400, "bad_json", ""),
    "repeated name": ('{"a": {"b": 1},\n "a": 2}', 400, "bad_json", "line 2, column 2"),
    "repeated in list": ('{"a": [{"b": 1, "b": 2}]}', 400, "bad_json", "line 1, column 17"),
    "NaN": ('{"seq": "NaN", "b": NaN}', 400, "bad_json", "line 1, column 21"),
    "Infinity": ('{"seq": -Infinity}', 400, "bad_json", ""),
    "single quotes": ("{'a': 1}", 400, "bad_json", ""),
    "control character": ('{"a": "x\ny"}', 400, "bad_json", ""),
    "deep list": ("[" * 100_000, 400, "bad_json", ""),
    "deep object": ('{"a":' * 100_000, 400, "bad_json", ""),
    "deep and closed": ('{"a":' + "[" * 50_000 + "]" * 50_000 + "}", 400, "bad_json", "nested"),
    "invalid UTF-8": (b'{"a": "\xff"}', 400, "bad_text", ""),
    "UTF-16": (text().encode("utf-16"), 400, "bad_text", ""),
    "lone surrogate": (text(language="\ud83d"), 400, "bad_text", ""),
    "lone surrogate as name": ('{"\\ud83d": 1}', 400, "bad_text", ""),
    "NUL": (text(language="a\0b"), 400, "bad_text", ""),
    "unknown field": (with_options(max_tokenz=5), 400, "unknown_field", "Did you mean `max_new_tokens`?"),
    "unknown at top": (body(zzz=5), 400, "unknown_field", "`zzz`."),
    "unknown and long": (body(**{"é`\u202e" * 1000: 5}), 400, "unknown_field", ""),
    "missing field": ({"protocol": 1}, 422, "bad_value", "`request_id` is missing."),
    "words": (with_options(temperature="hot"), 422, "bad_value", "`temperature` must be a number from 0 to 2."),
    "bool for a number": (with_options(temperature=True), 422, "bad_value", "a number from 0 to 2"),
    "bool for an integer": (with_options(max_new_tokens=True), 422, "bad_value", "a whole number from 0 to 1024"),
    "fraction": (with_options(max_new_tokens=1.5), 422, "bad_value", "whole number"),
    "negative": (with_options(temperature=-1), 422, "bad_value", "a number from 0 to 2"),
    "1e309": (text().replace('"max_new_tokens": 16', '"temperature": 1e309'), 422, "bad_value", "from 0 to 2"),
    "top_p 0": (with_options(top_p=0), 422, "bad_value", "a number above 0 and at most 1"),
    "too many": (with_options(max_new_tokens=10**9), 422, "too_large", "`max_new_tokens` must be a whole number"),
    "5,000 digits": (text().replace('"seq": 1', f'"seq": {"9" * 5000}'), 422, "too_large", "`seq` must be"),
    "-5,000 digits": (text().replace('"seq": 1', f'"seq": -{"9" * 5000}'), 422, "bad_value", "`seq` must be"),
    "seed": (with_options(seed=2**32), 422, "too_large", "from 0 to 4294967295 or null"),
    "seed text": (with_options(seed="1"), 422, "bad_value", "or null"),
    "null options": (body(options=None), 422, "bad_value", "an object"),
    "long language": (body(language="x" * 65), 422, "too_large", "at most 64 characters"),
    "role": (body(role="admin"), 422, "bad_value", "one of chat, ghost, magic"),
    "protocol": (body(protocol=2), 422, "bad_value", "`protocol` must be 1."),
    "empty id": (body(request_id=""), 422, "bad_value", "1 to 128"),
    "long id": (body(request_id="x" * 129), 422, "too_large", "1 to 128"),
    "id of another form": (body(client_id="a b"), 422, "bad_value", "letters"),
    "id with a line end": (body(client_id="a\n"), 422, "bad_value", "letters"),
    "no cells": (body(cells=[]), 422, "bad_value", "a list of 1 to 2000 items"),
    "2,001 cells": (body(cells=[cell("")] * 2001), 422, "too_large", "a list of 1 to 2000 items"),
    "cell kind": (body(cells=[cell("x", kind="heading")]), 422, "bad_value", "`cells[0].kind` must be one of"),
    "cell sha": (body(cells=[{**cell("x"), "sha": "xyz"}]), 422, "bad_value", "64 hexadecimal digits"),
    "half a pair in a state": (with_state('{"runs": [{"id": "c", "output": "\\ud800"}]}'), 422, "bad_value", "`state`"),
    "sha of another source": (body(cells=[{**cell("x"), "source": "y"}]), 422, "bad_value", "SHA-256"),
    "cursor's cell": (body(cursor={"cell_id": "other", "offset": 0}), 422, "bad_cursor", "`cells`"),
    "cursor's offset": (body("abc", offset=4), 422, "bad_cursor", "from 0 to 3"),
    "offset below 0": (body("abc", offset=-1), 422, "bad_value", "`offset` must be"),
}  # fmt: skip


async def test_the_error_table(engine, send, caplog):
    for name, (content, status, code, words) in CASES.items():
        response = await send(content)
        failure = check_failure(response.text)
        assert (response.status, failure["code"]) == (status, code), (name, failure)
        assert words in failure["message"], (name, failure)
        assert len(response.text) < 1000, name
    assert engine.tickets == []
    assert "Uncaught" not in caplog.text


async def test_a_refusal_names_its_request(engine, send):
    for content, name in ((body(seq=-1), "request-1"), (body(request_id="a b"), ""), ({"request_id": 1}, "")):
        assert check_failure((await send(content)).text)["request_id"] == name


async def test_a_refused_body_is_neither_echoed_nor_logged(engine, send, caplog):
    for content in (
        '{"a": "' + SECRET,
        {SECRET: 1, "protocol": SECRET},
        body(SECRET, offset=99),
        body(client_id=f" {SECRET}"),
        body(role=SECRET),
        '{"' + SECRET + '": 1, "' + SECRET + '": 2}',
    ):
        response = await send(content)
        assert response.status in (400, 422)
        unknown_field = json.loads(response.text)["code"] == "unknown_field"
        assert SECRET not in response.text or unknown_field
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": value} for value in ("text/plain", "application/jsonp", "application/json; charset=latin-1")]
    + [{"Content-Encoding": "gzip"}],
)
async def test_another_content_type(engine, send, headers):
    content = gzip.compress(text().encode()) if "Content-Encoding" in headers else text()
    response = await send(content, headers=headers)
    assert (response.status, check_failure(response.text)["code"]) == (415, "bad_content_type")


@pytest.mark.parametrize(
    "media", ["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"']
)
async def test_spellings_of_the_content_type(engine, send, media):
    assert (await send(text(), headers={"Content-Type": media})).status == 200


async def test_a_byte_order_mark_is_no_matter(engine, send):
    assert (await send(b"\xef\xbb\xbf" + text().encode())).status == 200


async def test_temperature_0_stays_0(engine, send):
    assert (await send(with_options(temperature=0))).status == 200
    assert engine.prompts[0].temperature == 0


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10_000_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_big_body_is_refused_unread(engine, send, monkeypatch, size, chunked):
    monkeypatch.setattr("jupyter_sc2.handlers.base.read_json", lambda data: 1 / 0)

    async def produce(write):
        for _ in range(0, size, 65536):
            await write(b"x" * 65536)

    body_options = {"body_producer": produce} if chunked else {}
    content = None if chunked else b'{"a": "' + b"x" * (size - 7)
    response = await send(content, **body_options)
    failure = check_failure(response.text)
    assert (response.status, failure["code"]) == (413, "too_big")
    assert "the limit is 1 MiB" in failure["message"]


async def test_a_huge_body_is_not_even_waited_for(engine, connect, monkeypatch):
    monkeypatch.setattr("jupyter_sc2.handlers.base.DRAIN_BYTES", 2 << 20)
    reader, _ = await connect(body(language="x" * (3 << 20)))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")


async def test_the_largest_body_is_served(engine, send):
    source = "x = 1\n" * 100_000
    content = body("np.", cells=[cell(source, "a"), cell("np.")])
    room = MAX_BODY_BYTES - len(json.dumps(content))
    content["cells"].insert(0, cell("y" * (room - 200), "b", "raw"))
    assert MAX_BODY_BYTES - 200 < len(json.dumps(content)) <= MAX_BODY_BYTES
    assert (await send(content)).status == 200


ODD_VALUES = [
    "1 true", "a", "++1", "+1", "-01", "-1.0.", "-2.", "-NaN", ".-1", ".2e-3", "0.1.2", "0.3e+", "0E", "0e", "1.0e-",
    "1 000", "1eE2", "2.e3", "9.e+", "Inf", "1+2", "0x1", "0x42", "-", "-foo", "- 1", "-012", "-.123", "-1x", "1ea",
    "1.2a-3", "01", '"', '"\\', '"\\u', '"\\u00A"', '"\\x00"', '"\\a"', '"\t"', "'x'", "\\u0020", "<.>", "a\xe5",
    "*", "/**/1", "1//c", "#", "nul", "tru", "truth", "1,", ",1", ",", ",,", "]", "}", "{", "[", "[1", "{}}", "{]",
    "{a:1}", '{"a"}', '{"a",1}', '{"a":}', '{"a":1,}', "{1:1}", '{"a":1 "b":2}', '{"a"::1}', "{null:null}",
    '{"a":"a" 1}', "\u2060", "\x0c", "", " ", "1e999", "-1e999", "1e-999", "-0", "123456789012345678901234567890",
    '"\\uD800"', '"\\uDFAA"', '"\\uD888\\u1234"', '"\\ud83d\\ude00"', '"\\u0000"', '"\xe9"', '"\u2028"', '{"":0}',
    "[[]]", "null", '"x"', "1.5e+2",
]  # fmt: skip
WHOLES = ["{}", "[{}]", '{{"protocol":{}}}', '{{"options":{{"temperature":{}}}}}']
ODD_BYTES = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\xbf\xbf\xbf", b"\x80", b"\xe0"]
JSON_CASES = [
    *(whole.format(piece).encode("utf-8", "surrogatepass") for whole in WHOLES for piece in ODD_VALUES),
    *(b'{"language": "' + piece + b'"}' for piece in ODD_BYTES),
    *(b"\xff\xfe{\x00}\x00", b"\xef\xbb", b"\x00", b"[\x00]", b"[" * 500 + b"]" * 500, b"[" + b'""],[' * 500),
]


async def test_odd_json_never_breaks_the_server(engine, send, caplog):
    for content in JSON_CASES:
        response = await send(content)
        failure = check_failure(response.text)
        assert (response.status, failure["code"]) in {
            (400, "bad_json"), (400, "bad_text"), (400, "unknown_field"), (422, "bad_value"), (422, "too_large"),
        }, (content, failure)  # fmt: skip
    assert "Traceback" not in caplog.text
    assert engine.tickets == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    ("protocol",), ("request_id",), ("seq",), ("role",), ("cells",), ("cells", 0, "id"), ("cells", 0, "source"),
    ("cursor",), ("cursor", "offset"), ("options",), ("options", "temperature"), ("options", "seed"), ("extra",),
]  # fmt: skip


@st.composite
def nearly_valid(draw):
    content = body()
    for path in draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2)):
        target = content
        for step in path[:-1]:
            if not isinstance(target, dict | list) or not target or (isinstance(target, dict) and step not in target):
                break
            target = target[step]
        else:
            if isinstance(target, dict):
                target[path[-1]] = draw(ANYTHING)
    return json.dumps(content).encode()


def fuzz(jp_asyncio_loop, examples, check):
    """Runs the coroutine function `check` on each of 200 examples, on the loop of the test's server."""

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(examples)
    def run(example):
        jp_asyncio_loop.run_until_complete(check(example))

    run()


def test_fuzzed_bodies(jp_asyncio_loop, engine, send, caplog):
    async def check(content):
        response = await send(content)
        assert response.status < 500, content
        if response.status != 200:
            assert response.status >= 400
            check_failure(response.text)

    fuzz(jp_asyncio_loop, nearly_valid() | st.binary(max_size=200), check)
    assert "Traceback" not in caplog.text


def test_fuzzed_requests_to_delete(jp_asyncio_loop, engine, send):
    async def check(name):
        response = await send(None, "requests", f"x{name}", method="DELETE")
        assert response.status == 404
        check_failure(response.text)

    fuzz(jp_asyncio_loop, st.text(st.characters(codec="utf-8"), max_size=300), check)


def test_fuzzed_status(jp_asyncio_loop, engine, send):
    async def check(query):
        response = await send(None, "status", method="GET", params={"a": query})
        assert response.status == 200

    fuzz(jp_asyncio_loop, st.text(st.characters(codec="utf-8"), max_size=100), check)
