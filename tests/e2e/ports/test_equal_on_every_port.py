"""Rows and masks are the same on REST, SQL and Python, for each role."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ports.conftest import READERS, Ports, open_ports
from ports.orders import JSON_COLUMNS, ORDERS


@settings(max_examples=10, deadline=None)
@given(orders=st.lists(ORDERS, min_size=1, max_size=6))
async def test_every_port_shows_the_same_rows_and_masks(orders: list[dict]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_ports(Path(folder)) as ports:
            await ports.publish(*orders)
            await ports.mesh.refine()
            ids = sorted({order["order_id"] for order in orders})
            for who in READERS:
                seen = await ports.everywhere(who, ids)
                assert all(rows == seen["REST by key"] for rows in seen.values()), (who, seen)


ORDER = {
    "order_id": "o1",
    "amount": 5.5,
    "status": "NEW",
    "email": "ana@shop.example",
    "iban": "DE89370400440532013000",
    "score": 7,
    "card": {"kind": "VISA", "number": "4111111111111111"},
    "extra": {"gift": True, "to": None},
    "tags": ["new", 2],
    "answer": "42",
    "notes": {"door": 3},
}


@pytest.fixture
async def shop(ports: Ports) -> Ports:
    await ports.publish(ORDER, {"order_id": "o2", "amount": 9, "status": "CANCELLED"})
    await ports.mesh.refine()
    return ports


async def test_who_owns_the_product_sees_its_values(shop: Ports) -> None:
    assert await shop.rest_list("team") == {"o1": ORDER, "o2": {"order_id": "o2", "amount": 9.0, "status": "CANCELLED"}}


async def test_an_analyst_sees_through_masks_only(shop: Ports) -> None:
    rows = await shop.rest_list("analyst")
    assert isinstance(rows, dict)
    shown = rows["o1"]
    assert shown["email"] == "***mple"
    assert shown["card"] == {"kind": "VISA", "number": "***1111"}
    assert len(shown["iban"]) == 16
    assert "score" not in shown


async def test_a_column_of_any_json_is_shown_whole_or_not_at_all(shop: Ports) -> None:
    shown = {who: await shop.everywhere(who, ["o1"]) for who in ("team", "auditor", "analyst")}
    for who, columns in {"team": JSON_COLUMNS, "auditor": ("tags", "notes"), "analyst": ("notes",)}.items():
        for port, rows in shown[who].items():
            assert isinstance(rows, dict)
            assert {name: rows["o1"].get(name) for name in JSON_COLUMNS} == {
                name: ORDER[name] if name in columns else None for name in JSON_COLUMNS
            }, (who, port)


async def test_a_cleared_role_sees_restricted_values_but_no_others(shop: Ports) -> None:
    rows = await shop.rest_list("auditor")
    assert isinstance(rows, dict)
    assert (rows["o1"]["iban"], rows["o1"]["score"]) == (ORDER["iban"], 7)
    assert rows["o1"]["email"] == "***mple"


async def test_a_row_filter_hides_rows_on_every_port(shop: Ports) -> None:
    seen = await shop.everywhere("fraud", ["o1", "o2"])
    assert all(isinstance(rows, dict) and list(rows) == ["o1"] for rows in seen.values())


async def test_a_stranger_is_refused_on_every_port(shop: Ports) -> None:
    assert set((await shop.everywhere("stranger", ["o1"])).values()) == {403}


@pytest.mark.parametrize(
    "question", ["?iban=DE89370400440532013000", "?score=7", "?score__gt=0", "?email=ana@shop.example"]
)
async def test_a_masked_column_cannot_be_probed_with_filters(shop: Ports, question: str) -> None:
    answer = await shop.http.get(
        f"/api/v1/products/orders-data-product/order{question}", headers=shop.headers("analyst")
    )
    assert answer.json()["items"] == []


async def test_a_masked_column_cannot_be_probed_with_sql(shop: Ports) -> None:
    answer = await shop.http.post(
        "/api/v1/query",
        json={"sql": "SELECT count(*) FROM \"order\" WHERE iban LIKE 'DE89%' OR score = 7"},
        headers=shop.headers("analyst"),
    )
    assert answer.json()["rows"] == [[0]]


MASKED_KEY = """tables:
    - {name: order, layer: silver, contract: order-schema, key: [order_id], classification: {order_id: confidential}}
  access:"""


async def test_a_masked_key_cannot_be_probed(tmp_path: Path) -> None:
    async with open_ports(
        tmp_path, lambda name, text: text.replace("access:", MASKED_KEY) if name == "orders.yaml" else text
    ) as ports:
        await ports.publish(ORDER)
        await ports.mesh.refine()
        base = "/api/v1/products/orders-data-product"
        for path in (f"{base}/order/o1", f"{base}/order/o2", f"{base}/lineage/o1"):
            assert (await ports.http.get(path, headers=ports.headers("analyst"))).status_code == 403, path
        assert (await ports.http.get(f"{base}/order/o1", headers=ports.headers("team"))).status_code == 200
