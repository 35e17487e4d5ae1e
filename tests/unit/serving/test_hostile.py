"""Hostile input: whatever comes in, the answer is a problem with a trace, never a stack, never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.serving.http.app import build_app
from weft.serving.http.asgi import Asgi
from weft.testing.engine import ways_around

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"


def is_problem(answer: httpx2.Response, *statuses: int) -> None:
    """A refusal as RFC 9457 wants it."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["trace"] == answer.headers["x-request-id"]
    assert body["code"].startswith("WEFT-")
    assert "Traceback" not in answer.text
    assert '.py"' not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/payment/%00",
        f"{BASE}/payment/%2e%2e",
        f"{BASE}/payment/.%2E/x",
        f"{BASE}//payment/p1",
        f"{BASE}/payment\\p1",
        f"{BASE}/payment/%ff",
        f"{BASE}/payment?page=1&page=2",
        f"{BASE}/payment?status=a%00b",
        f"{BASE}/payment?page=0",
        f"{BASE}/payment?page=-1",
        f"{BASE}/payment?page=1e9",
        f"{BASE}/payment?page=%D9%A1",
        f"{BASE}/payment?page=999999999999&size=1000",
        f"{BASE}/payment?size=1000000000",
        f"{BASE}/payment?size=0",
        f"{BASE}/payment?amount=NaN",
        f"{BASE}/payment?amount=1e999",
        f"{BASE}/payment?customer_id=1.5",
        f"{BASE}/payment?customer_id=" + "9" * 400,
        f"{BASE}/payment?nothing=1",
        f"{BASE}/payment?created_at__gt=yesterday",
        f"{BASE}/payment?sort=nothing",
        f"{BASE}/payment?sort=amount%20DESC;DROP%20TABLE",
        f"{BASE}/payment?urgent=maybe",
        f"{BASE}/payment?" + "&".join(f"a{i}=1" for i in range(200)),
    ],
)
async def test_a_url_that_makes_no_sense_is_refused(world: Any, path: str) -> None:
    raw = httpx2.URL("http://127.0.0.1/").copy_with(raw_path=path.encode())
    is_problem(await world.client.get(raw, headers=await world.headers("paula")), 400)


async def test_another_spelling_of_a_path_means_the_same_or_nothing(world: Any, good: Good) -> None:
    await world.publish(good(1), good(2, payment_id="a/b"), good(3, payment_id="x,y"))
    spellings = {
        f"{BASE}/payment/p1": 200,
        f"{BASE}/payment/%701": 200,
        f"{BASE}/%70ayment/p1": 200,
        "/api/v1/products/%70ayments-data-product/payment/p1": 200,
        f"{BASE}/payment/a%2Fb": 200,
        f"{BASE}/payment/a%2fb": 200,
        f"{BASE}/payment/x%5C,y": 200,
        f"{BASE}%2Fpayment%2Fp1": 404,
        "/api%2Fv1/products": 404,
        f"{BASE}/payment/p1/": 404,
        f"{BASE}/payment/a/b": 404,
        f"{BASE}/PAYMENT/p1": 404,
        f"{BASE}/payment;x=1/p1": 404,
    }
    for path, status in spellings.items():
        url = httpx2.URL("http://127.0.0.1/").copy_with(raw_path=path.encode())
        assert (await world.client.get(url)).status_code == 401, path
        assert (await world.client.get(url, headers=await world.headers("paula"))).status_code == status, path
        forbidden = {200: 403, 404: 404}[status] if "PAYMENT" not in path and ";" not in path else 403
        assert (await world.client.get(url, headers=await world.headers("nobody"))).status_code == forbidden, path


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"[]",
        b"5",
        b'"text"',
        b"null",
        b"{",
        b"[{}",
        b'{"amount": NaN}',
        b'[{"amount": Infinity}]',
        b"\xef\xbb\xbf{}",
        b'{"note": "\xff"}',
        b"{} {}",
        b"not json at all",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
async def test_a_body_that_is_no_json_is_refused(world: Any, body: bytes) -> None:
    is_problem(await world.post(f"{BASE}/ingest/payment", body), 400)
    is_problem(await world.post(f"{BASE}/payment/search", body or b"x"), 400)
    is_problem(await world.post("/api/v1/query", body), 400)
    is_problem(await world.post("/api/v1/session", body, **{"content-type": "application/json"}), 400)
    assert await world.log.topics() == []


async def test_a_body_is_counted_while_it_streams_in(world: Any) -> None:
    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield b"[" + b" " * (1 << 20)

    sent = 0
    headers = await world.headers("paula")
    answer = await world.client.post(f"{BASE}/ingest/payment", content=endless(), headers=headers)
    is_problem(answer, 413)
    assert answer.headers["connection"] == "close"
    assert "inbox" in answer.json()["hint"]
    assert sent <= 16 << 20
    too_long = await world.post(f"{BASE}/payment/search", b" " * (2 << 20))
    is_problem(too_long, 413)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),
        ({"host": "127.0.0.1.evil.example"}, 400),
        ({"host": ""}, 400),
        ({"host": "localhost:1:2"}, 400),
        ({"host": "user@localhost"}, 400),
        ({"x-filler": "x" * (17 << 10)}, 431),
        ({f"x-{i}": "x" for i in range(101)}, 431),
        ({"weft-position": "x"}, 400),
        ({"weft-position": "-1"}, 400),
        ({"weft-position": "1:2:3"}, 400),
    ],
)
async def test_headers_that_make_no_sense_are_refused(world: Any, headers: dict[str, str], status: int) -> None:
    is_problem(
        await world.client.get(f"{BASE}/payment/p1", headers={**await world.headers("paula"), **headers}), status
    )


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:8420", "[::1]", "[::1]:9", "mesh.bank.example"]
)
async def test_hosts_of_this_machine_and_of_the_settings_are_known(make_world: Any, host: str) -> None:
    world = await make_world(hosts=("mesh.bank.example",))
    assert (await world.client.get("/healthz", headers={"host": host})).status_code == 200


async def test_headers_that_come_twice_are_refused(world: Any) -> None:
    token = (await world.headers("paula"))["authorization"]
    for name, value in (
        ("host", "localhost"),
        ("authorization", token),
        ("weft-position", "0"),
        ("content-type", "a/b"),
    ):
        doubled = [("authorization", token), (name, value), (name, value)]
        is_problem(await world.client.get(f"{BASE}/payment/p1", headers=doubled), 400)


async def test_a_url_or_a_sql_text_has_an_end(world: Any) -> None:
    is_problem(await world.get(f"{BASE}/payment/{'x' * 9000}"), 414)
    is_problem(await world.post("/api/v1/query", {"sql": "SELECT 1 -- " + "x" * 200_000}), 413)


async def test_an_unknown_method_is_told_what_there_is(world: Any) -> None:
    answer = await world.client.delete(f"{BASE}/payment/p1", headers=await world.headers("paula"))
    is_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


async def test_what_nobody_foresaw_is_a_500_without_its_text(world: Any, good: Good) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("canary-in-the-text")

    app = Asgi(build_app(replace(world.desk, ingest=broken)))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://127.0.0.1"
    ) as client:
        answer = await client.post(f"{BASE}/ingest/payment", json=good(1), headers=await world.headers("paula"))
    is_problem(answer, 500)
    assert "canary" not in answer.text
    world.desk.log.flush()
    told = [json.loads(line) for line in world.lines.getvalue().splitlines()]
    failure = next(line for line in told if line["event"] == "http.failed")
    assert failure["trace"] == answer.json()["trace"]
    assert "canary-in-the-text" in failure["stack"]


async def test_a_store_that_is_gone_is_a_503_and_says_so(world: Any) -> None:
    headers = await world.headers("paula")
    await world.log.close()
    is_problem(await world.client.get("/readyz"), 503)
    await world.state.close()
    answer = await world.client.get(f"{BASE}/payment/p1", headers=headers)
    is_problem(answer, 503)
    assert answer.headers["retry-after"] == "1"
    assert (await world.client.get("/healthz")).status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filters=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    column=st.sampled_from(["status", "amount", "customer_id", "created_at", "urgent", "payment_method", "note", "x"]),
    sort=st.text(max_size=10),
)
async def test_no_search_breaks_the_door(world: Any, filters: Any, column: str, sort: str) -> None:
    body = {"filters": {column: filters}, "sort": sort, "query": str(filters)}
    answer = await world.post(f"{BASE}/payment/search", body)
    assert answer.status_code in {200, 400}, answer.text


async def test_a_log_line_cannot_be_forged(world: Any) -> None:
    path = f"{BASE}/payment/a%0d%0a%7B%22level%22%3A%22forged%22%7D%1b[31m"
    await world.get(path, **{"traceparent": "x", "user-agent": "a"})
    world.desk.log.flush()
    lines = world.lines.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["level"] == "info"
    assert "\x1b" not in lines[0]


async def test_no_spelling_of_sql_answers_from_the_files_themselves(world: Any, good: Good) -> None:
    await world.publish(good(1, note="canary-of-the-files"))
    table = '"payments-data-product".payment'
    snapshot = await world.tables.snapshot("payments-data-product/payment/silver")
    assert (await world.post("/api/v1/query", {"sql": f"SELECT note FROM {table}"}, "ana")).status_code == 200
    for text in ways_around(snapshot.files[0]):
        for sql in (text, re.sub(r"(?<![\w.'\"])t(?=[ ,)]|$)", f"{table} t", text)):
            answer = await world.post("/api/v1/query", {"sql": sql}, "ana")
            assert 400 <= answer.status_code < 500, (sql, answer.status_code, answer.text)
            assert "canary" not in answer.text, sql


async def test_a_statement_that_reads_no_table_has_no_from(world: Any) -> None:
    for sql in ("SELECT * FROM (VALUES (1)) v", "SELECT * FROM unnest([1]) u", "WITH x AS (SELECT 1) SELECT * FROM x"):
        is_problem(await world.post("/api/v1/query", {"sql": sql}, "ana"), 400)
    assert (await world.post("/api/v1/query", {"sql": "SELECT 1 AS one"}, "ana")).status_code == 200
