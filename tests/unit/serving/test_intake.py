"""The way in: rows keep their bytes, bad ones stay rows, and a repeated request is taken once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contracts.formats import split
from weft.model.column import Column
from weft.model.errors import InvalidInput
from weft.model.product import Table
from weft.serving.http.rows import split as split_body

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"
COLUMNS = (
    Column(name="id", kind="string"),
    Column(name="n", kind="integer"),
    Column(name="amount", kind="decimal", scale=2),
    Column(name="urgent", kind="boolean"),
    Column(name="extra", kind="json"),
    Column(
        name="method", kind="object", fields=(Column(name="type", kind="string"), Column(name="no", kind="integer"))
    ),
)
TABLE = Table(name="t", layer="silver", columns=COLUMNS)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@given(
    st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3).filter(encodable), min_size=1, max_size=4),
    st.sampled_from([None, 1, "\t"]),
)
def test_each_row_of_an_array_keeps_its_own_bytes(rows: list[dict[str, Any]], indent: Any) -> None:
    texts = [json.dumps(row, indent=indent, ensure_ascii=False).encode() for row in rows]
    assert split(b" [\n" + b" ,\r\n ".join(texts) + b"] ", "json", ()) == texts


@given(st.lists(st.binary().map(lambda b: b.replace(b"\n", b"").strip()).filter(bool), min_size=1))
def test_each_line_keeps_its_own_bytes_even_if_it_is_no_json(lines: list[bytes]) -> None:
    lines[0] = b"x" + lines[0]
    assert split(b"\n\n".join(lines) + b"\r\n", "ndjson", ()) == lines


def test_a_single_object_is_one_row() -> None:
    assert split(b' {"a": 1.50,\n "b":"\\u00e9"}\n', "json", ()) == [b'{"a": 1.50,\n "b":"\\u00e9"}']


def test_cells_become_values_of_their_columns_with_the_digits_that_were_sent() -> None:
    body = (
        "id,n,amount,urgent,extra,method.type,method.no,unknown\r\n"
        'a,1,10.50,true,"{""x"": 1}",CARD,7,?\r\n'
        "b,007,1e2,yes,plain,,,\r\n"
        '"c, with ""quotes""\nand lines",-0,,false,[],,x,\r\n'
    )
    rows = split(body.encode(), "csv", COLUMNS)
    assert rows == [
        b'{"id":"a","n":1,"amount":10.50,"urgent":true,"extra":{"x": 1},"method":{"type":"CARD","no":7},"unknown":"?"}',
        b'{"id":"b","n":"007","amount":1e2,"urgent":"yes","extra":"plain"}',
        b'{"id":"c, with \\"quotes\\"\\nand lines","n":-0,"urgent":false,"extra":[],"method":{"no":"x"}}',
    ]


def test_a_line_with_too_many_cells_stays_a_row() -> None:
    assert split(b"id,n\na,1\nb\nc,2,3\n", "csv", COLUMNS)[1:] == [b'["b"]', b'["c","2","3"]']


def test_a_file_of_a_spreadsheet_may_begin_with_a_byte_order_mark() -> None:
    assert split(b"\xef\xbb\xbfid\na\n", "csv", COLUMNS) == [b'{"id":"a"}']


@pytest.mark.parametrize(
    "body", [b"id,id\n1,2\n", b"id,\n1,2\n", b'id\n"a\n', b"\xff\n", b"method,method.type\n1,2\n", b'id\n"a"b\n', b"\n"]
)
def test_a_body_that_is_no_csv_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        split(body, "csv", COLUMNS)


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"{}", "text/xml"),
        (b"{}", "application/json; charset=utf-16"),
        (b"{}", "multipart/form-data; boundary=x"),
        (b"id\n", "text/csv"),
        (b"", "application/x-ndjson"),
    ],
)
def test_a_body_of_another_kind_is_refused(body: bytes, media: str) -> None:
    with pytest.raises(InvalidInput):
        split_body(body, media, TABLE)


@pytest.mark.parametrize("media", ["", "application/json", "Application/JSON; charset=UTF-8"])
def test_json_is_what_is_meant_without_a_word(media: str) -> None:
    assert split_body(b"{}", media, TABLE) == [b"{}"]


async def test_bad_rows_are_told_by_their_number_and_go_to_quarantine_with_their_bytes(world: Any, good: Good) -> None:
    lines = [json.dumps(good(1)).encode(), b'{"payment_id": "p2"}', b"not json \xff", json.dumps(good(4)).encode()]
    sent = await world.post(f"{BASE}/ingest/payment", b"\n".join(lines), **{"content-type": "application/x-ndjson"})
    assert sent.status_code == 202
    told = sent.json()
    assert (told["received"], told["accepted"], told["quarantined"]) == (4, 2, 2)
    assert [problem["row"] for problem in told["problems"]] == [2, 3]
    assert {"rule", "path", "message"} == set(told["problems"][0]["defects"][0])
    kept = (await world.get(f"{BASE}/quarantine/payment")).json()
    assert kept["total"] == 2
    assert [item["raw"] for item in kept["items"]] == ["not json \ufffd", '{"payment_id": "p2"}']
    assert kept["items"][1]["defects"][0]["rule"] == kept["items"][1]["rule"] == "required"
    assert [row["payment_id"] for row in (await world.get(f"{BASE}/payment")).json()["items"]] == ["p1", "p4"]


async def test_csv_comes_in_as_rows_of_the_contract(world: Any) -> None:
    body = b"payment_id,customer_id,amount,currency,status,created_at,payment_method.type\n"
    body += b"c1,7,10.50,EUR,PENDING,2026-01-02T03:04:05Z,CARD\n"
    sent = await world.post(f"{BASE}/ingest/payment", body, **{"content-type": "text/csv"})
    assert sent.json()["accepted"] == 1, sent.text
    row = (await world.get(f"{BASE}/payment/c1")).json()
    assert (row["customer_id"], row["amount"], row["payment_method"]) == (7, 10.5, {"type": "CARD"})


async def test_a_repeated_request_is_taken_once_and_only_for_the_same_sender(world: Any, good: Good) -> None:
    key = {"idempotency-key": "one"}
    first = await world.post(f"{BASE}/ingest/payment", good(1), **key)
    again = await world.post(f"{BASE}/ingest/payment", good(1), **key)
    other = await world.post(f"{BASE}/ingest/payment", good(2), "wim", **key)
    changed = await world.post(f"{BASE}/ingest/payment", good(3), **key)
    assert (first.json()["repeated"], again.json()["repeated"], other.json()["repeated"]) == (False, True, False)
    assert first.json()["position"] == again.json()["position"]
    assert changed.status_code == 409
    assert str(await world.log.end("payments-data-product/payment")) == "2"


@pytest.mark.parametrize("key", ["x" * 201, "a\u0085b"])
async def test_an_idempotency_key_that_is_no_plain_text_is_refused(world: Any, good: Good, key: str) -> None:
    sent = await world.client.post(
        f"{BASE}/ingest/payment",
        json=good(1),
        headers=[
            ("authorization", (await world.headers("paula"))["authorization"]),
            (b"idempotency-key", key.encode("latin-1")),
        ],
    )
    assert sent.status_code == 400


async def test_a_gold_table_takes_no_rows(world: Any) -> None:
    assert (await world.post(f"{BASE}/ingest/totals", {"currency": "EUR"})).status_code == 400
    assert (await world.post(f"{BASE}/ingest/nothing", {"currency": "EUR"})).status_code == 404


async def test_the_trace_of_the_request_reaches_the_event(world: Any, good: Good) -> None:
    parent = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    sent = await world.post(f"{BASE}/ingest/payment", good(1), traceparent=parent)
    assert sent.headers["x-request-id"] == "ab" * 16
    steps = (await world.get(f"{BASE}/lineage/p1")).json()["steps"]
    request = next(step for step in steps if step["kind"] == "request")["detail"]
    assert request["trace"].startswith("00-" + "ab" * 16)
    assert request["principal"] == "paula"
