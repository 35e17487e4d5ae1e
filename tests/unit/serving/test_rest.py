"""Data over REST: rows in, rows out, pages, searches, conditions, and the headers that go along."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from weft.events.views import CURSORS, Cursor
from weft.model.event import Position
from weft.ports.state_store import Put
from weft.ports.table_store import Append, Commit, Upsert
from weft.tables.layers import model_source

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"


async def test_a_row_that_was_sent_can_be_read_back(world: Any, good: Good) -> None:
    sent = await world.post(f"{BASE}/ingest/payment", good(1))
    assert sent.status_code == 202, sent.text
    assert sent.json() == {
        "received": 1,
        "accepted": 1,
        "quarantined": 0,
        "position": "1",
        "repeated": False,
        "problems": [],
    }
    found = await world.get(f"{BASE}/payment/p1", **{"weft-position": sent.headers["weft-position"]})
    assert found.status_code == 200
    assert found.json() == good(1)
    assert found.headers["weft-position"] == "1"


async def test_the_spellings_of_the_brief_reach_the_first_table(world: Any, good: Good) -> None:
    await world.publish(good(1), good(2, status="FAILED"))
    assert (await world.get(f"{BASE}/data/p1")).json() == good(1)
    for path in (f"{BASE}/search", "/payments/search"):
        found = (await world.post(path, {"filters": {"status": "FAILED"}})).json()
        assert [row["payment_id"] for row in found["items"]] == ["p2"]
    assert (await world.get("/payments/p1")).json() == good(1)
    assert (await world.get("/payments/p2/status")).json() == {"status": "FAILED"}
    assert (await world.get("/payments/p9/status")).status_code == 404
    assert (await world.get("/api/v1/products/lone/data/1")).status_code == 404


async def test_a_row_may_be_called_like_a_word_of_the_interface(world: Any, good: Good) -> None:
    await world.publish(good(1, payment_id="search"), good(2, payment_id="lineage"))
    assert (await world.get(f"{BASE}/payment/search")).json()["payment_id"] == "search"
    assert (await world.get(f"{BASE}/payment/lineage")).json()["payment_id"] == "lineage"
    assert (await world.post(f"{BASE}/payment/search", {})).json()["total"] == 2


async def test_what_the_caller_has_already_is_not_sent_again(world: Any, good: Good) -> None:
    await world.publish(good(1))
    tag = (await world.get(f"{BASE}/payment/p1")).headers["etag"]
    known = await world.get(f"{BASE}/payment/p1", **{"if-none-match": f'"x", W/{tag}'})
    assert (known.status_code, known.content) == (304, b"")
    await world.publish(good(1, status="FAILED"))
    assert (await world.get(f"{BASE}/payment/p1", **{"if-none-match": tag})).status_code == 200
    masked = (await world.get(f"{BASE}/payment/p1", "ana")).headers["etag"]
    assert masked != (await world.get(f"{BASE}/payment/p1")).headers["etag"]


async def test_head_is_get_without_the_body(world: Any, good: Good) -> None:
    await world.publish(good(1))
    url, headers = f"{BASE}/payment/p1", await world.headers("paula")
    head, get = await world.client.head(url, headers=headers), await world.client.get(url, headers=headers)
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "weft-position"):
        assert head.headers[name] == get.headers[name]


async def test_pages_hold_each_row_once_and_link_to_each_other(world: Any, good: Good) -> None:
    await world.publish(*(good(i, amount=i % 3) for i in range(11)))
    url, seen = f"{BASE}/payment?sort=-amount&size=4", []
    while url:
        answer = await world.get(url)
        page = answer.json()
        assert (page["size"], page["total"]) == (4, 11)
        seen += [row["payment_id"] for row in page["items"]]
        following = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
        url = following[1] if following else ""
    assert sorted(seen) == sorted(f"p{i}" for i in range(11))
    assert (await world.get(f"{BASE}/payment?page=9&size=4")).json()["total"] == 11
    assert (await world.get(f"{BASE}/payment?page=9&size=4")).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=PENDING", {"p1"}),
        ("status__ne=PENDING", {"p2", "p3"}),
        ("status__in=FAILED,COMPLETED", {"p2", "p3"}),
        ("amount__gte=20&amount__lt=30", {"p2"}),
        ("amount=10.50", {"p1"}),
        ("customer_id__lte=102", {"p1", "p2"}),
        ("created_at__gt=2026-01-02T03:04:05Z", {"p3"}),
        ("created_at=2026-01-02T04:04:05%2B01:00", {"p1", "p2"}),
        ("urgent=true", {"p3"}),
        ("payment_method.type=WIRE", {"p3"}),
        ("note=it%27s%20%25%20%22odd%22", {"p2"}),
        ("currency=EUR&status=NOPE", set()),
    ],
)
async def test_conditions_choose_rows(world: Any, good: Good, query: str, expected: set[str]) -> None:
    await world.publish(
        good(1),
        good(2, amount=20, status="FAILED", note='it\'s % "odd"'),
        good(
            3,
            amount=30.01,
            status="COMPLETED",
            urgent=True,
            payment_method={"type": "WIRE"},
            created_at="2026-01-02T03:04:05.000001Z",
        ),
    )
    assert {row["payment_id"] for row in (await world.get(f"{BASE}/payment?{query}")).json()["items"]} == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["p1", "p2"]),
        ({"filters": {"amount": {"gte": 10.5, "lt": 11}}}, ["p1"]),
        ({"filters": {"status": ["FAILED", "PENDING"]}, "sort": "-payment_id"}, ["p2", "p1"]),
        ({"query": "ABOUT 2"}, ["p2"]),
        ({"query": "%"}, []),
        ({"filters": {"payment_method.last_four": "1234"}, "size": 1, "page": 2}, ["p2"]),
    ],
)
async def test_a_search_chooses_rows(world: Any, good: Good, body: dict[str, Any], expected: list[str]) -> None:
    await world.publish(good(1), good(2, amount=20))
    found = await world.post(f"{BASE}/payment/search", body)
    assert [row["payment_id"] for row in found.json()["items"]] == expected, found.text


async def test_sql_answers_with_columns_and_rows(world: Any, good: Good) -> None:
    await world.publish(good(1), good(2, amount=20.25))
    sql = 'SELECT count(*) AS n, sum(amount) AS total, max(created_at) AS newest FROM "payments-data-product".payment'
    told = (await world.post("/api/v1/query", {"sql": sql})).json()
    assert [column["name"] for column in told["columns"]] == ["n", "total", "newest"]
    assert told["rows"] == [[2, 30.75, "2026-01-02T03:04:05Z"]]
    assert told["seconds"] > 0
    assert (await world.post("/api/v1/query", {"sql": sql, "limit": 10_001})).status_code == 400


async def test_a_position_that_never_comes_is_a_503(world: Any, good: Good, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.serving.reader.PATIENCE", 0.05)
    await world.publish(good(1))
    for path in (f"{BASE}/payment/p1", f"{BASE}/payment"):
        late = await world.get(path, **{"weft-position": "99"})
        assert late.status_code == 503
        assert late.headers["retry-after"] == "1"
        assert (await world.get(path, **{"weft-position": "1"})).status_code == 200


async def test_sql_is_answered_at_the_position_that_came_with_an_answer(
    world: Any, good: Good, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.serving.reader.PATIENCE", 0.05)
    await world.publish(good(1))
    asked = {"sql": 'SELECT count(*) FROM "payments-data-product".payment'}
    first = await world.post("/api/v1/query", asked)
    position = first.headers["weft-position"]
    assert position == "payments-data-product/payment=1"
    statuses = {"1": 200, "2": 503, position: 200, position[:-1] + "2": 503, "other=9": 200, "x=y": 400}
    for wanted, status in statuses.items():
        answer = await world.post("/api/v1/query", asked, **{"weft-position": wanted})
        assert answer.status_code == status, wanted


async def test_a_value_of_a_declared_path_is_taken_as_it_is(world: Any, good: Good) -> None:
    await world.publish(good(1, payment_id="x,y"), good(2, payment_id="a\\b"))
    assert (await world.get("/payments/x,y")).json()["payment_id"] == "x,y"
    assert (await world.get("/payments/a%5Cb/status")).status_code == 200


async def test_a_reader_waits_for_the_position_that_they_ask_for(world: Any, good: Good) -> None:
    await world.publish(good(1))
    reading = asyncio.create_task(world.get(f"{BASE}/payment/p1", **{"weft-position": "2"}))
    await asyncio.sleep(0.05)
    assert not reading.done()
    await world.publish(good(1, status="FAILED"))
    assert (await reading).json()["status"] == "FAILED"


async def test_a_row_of_a_bulk_batch_is_found_before_the_view_has_it(world: Any, good: Good) -> None:
    """The view says that it lacks a batch: then the table is asked too, and the newer row wins."""
    topic = "payments-data-product/payment"
    await world.publish(good(1), good(2))
    snapshot = await world.tables.snapshot(f"{topic}/silver")
    row = {**good(1, status="FAILED"), "_event_id": "bulk", "_position": 2, "_row": 0}
    row["created_at"] = row["_received_at"] = world.desk.clock.now()
    row["amount"] = pa.scalar(1).as_py()
    row["payment_id"] = "p1"
    rows = pa.Table.from_pylist([row], schema=snapshot.schema)
    await world.tables.commit(
        f"{topic}/silver",
        Commit(
            write=Upsert(rows=rows, key=("payment_id",), order=("_position", "_row")),
            source=topic,
            start=Position.at(2),
            next=Position.at(3),
        ),
    )
    await world.state.commit([Put(CURSORS, topic, b'{"position":"3","bulk":[2]}')])
    assert Cursor(position="3", bulk=(2,)).at == Position.at(3)
    found = await world.get(f"{BASE}/payment/p1", **{"weft-position": "3"})
    assert found.json()["status"] == "FAILED"
    assert found.headers["weft-position"] == "3"
    assert (await world.get(f"{BASE}/payment/p2", **{"weft-position": "3"})).json() == good(2)
    assert (await world.get(f"{BASE}/payment/p3", **{"weft-position": "3"})).status_code == 404


async def test_a_gold_table_is_read_by_key_too(world: Any) -> None:
    totals = pa.table({"currency": ["EUR"], "total": pa.array([30], pa.decimal128(18, 2))})
    await world.tables.commit(
        "payments-data-product/totals/gold",
        Commit(
            write=Upsert(rows=totals, key=("currency",), order=("currency",)),
            source=model_source(world.mesh.products[0].tables[1].sql),
            start=Position(),
            next=Position.at(1),
        ),
    )
    assert (await world.get(f"{BASE}/totals/EUR")).content == b'{"currency":"EUR","total":30.00}'
    assert (await world.get(f"{BASE}/totals/eur")).status_code == 404


async def test_one_row_has_one_key(world: Any) -> None:
    """Numbers are equal in several spellings, addresses are not."""
    product = world.mesh.products[0]
    totals = replace(product.tables[1], key=("total",))
    product = replace(product, tables=(product.tables[0], totals))
    world.mesh = replace(world.mesh, products=(product,))
    rows = pa.table({"currency": ["EUR"], "total": pa.array([30], pa.decimal128(18, 2))})
    await world.tables.commit(
        "payments-data-product/totals/gold",
        Commit(
            write=Append(rows=rows),
            source=model_source(world.mesh.products[0].tables[1].sql),
            start=Position(),
            next=Position.at(1),
        ),
    )
    assert (await world.get(f"{BASE}/totals/30.00")).status_code == 200
    for spelling in ("30", "30.0", "030.00", "3e1", "thirty", "30.00,1", "NaN"):
        assert (await world.get(f"{BASE}/totals/{spelling}")).status_code == 404, spelling


async def test_every_answer_carries_its_trace_and_keeps_browsers_at_bay(world: Any, good: Good) -> None:
    await world.publish(good(1))
    parent = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    for path in (f"{BASE}/payment/p1", f"{BASE}/payment/none", "/api/v1/products", "/healthz"):
        answer = await world.get(path, traceparent=parent)
        assert answer.headers["x-request-id"] == "ab" * 16
        assert re.fullmatch(f"00-{'ab' * 16}-(?!{'cd' * 8})[0-9a-f]{{16}}-01", answer.headers["traceparent"])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await world.get("/healthz", traceparent="nonsense")).headers["x-request-id"] != "ab" * 16


async def test_numbers_are_there_for_prometheus(world: Any, good: Good) -> None:
    await world.publish(good(1))
    await world.get(f"{BASE}/payment/p1")
    await world.get(f"{BASE}/payment/p1", "nobody")
    text = (await world.client.get("/metrics")).text
    route = 'route="/api/v1/products/{product}/{table}/{key}"'
    assert f'weft_http_requests_total{{method="GET",{route},status="200"}} 1.0' in text
    assert f'weft_http_requests_total{{method="GET",{route},status="403"}} 1.0' in text
    assert 'weft_access_decisions_total{action="read",allowed="false"} 1.0' in text
    assert "p1" not in text


async def test_one_line_a_request_is_logged(world: Any, good: Good) -> None:
    import json

    await world.publish(good(1))
    answer = await world.get(f"{BASE}/payment/p1", "ana")
    world.desk.log.flush()
    (line,) = map(json.loads, world.lines.getvalue().splitlines())
    assert line["event"] == "http.request"
    assert (line["principal"], line["status"], line["trace"]) == ("ana", 200, answer.headers["x-request-id"])
    assert "authorization" not in json.dumps(line).lower()


async def test_the_portal_is_served_with_its_policy(make_world: Any, tmp_path: Any) -> None:
    folder = tmp_path / "portal"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "assets" / "app.js").write_text("1")
    (tmp_path / "secret.js").write_text("secret")
    (folder / "assets" / "way-out.js").symlink_to(tmp_path / "secret.js")
    world = await make_world(portal_folder=folder)
    page = await world.client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'self'" in page.headers["content-security-policy"]
    script = await world.client.get("/assets/app.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await world.client.get("/", headers={"if-none-match": page.headers["etag"]})).status_code == 304
    for path in (
        "/assets/none.js",
        "/assets/way-out.js",
        "/assets/..%2findex.html",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.js",
    ):
        assert (await world.client.get(path)).status_code == 404, path
