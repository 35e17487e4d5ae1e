"""What the catalog shows: cards, the page of a product, live figures, quality, runs, lineage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from weft.model.ledger import STATS, Run, Stats, Verdict, run_space, verdict_space
from weft.ports.state_store import Put

Good = Callable[..., dict[str, Any]]
PRODUCT = "payments-data-product"
BASE = f"/api/v1/products/{PRODUCT}"
TOPIC = f"{PRODUCT}/payment"


async def note(world: Any, *verdicts: Verdict) -> None:
    """Write down what batches measured."""
    stats = Stats(position="9", received=10, good=8, bad=2, last_received="2026-01-02T03:04:05+00:00")
    await world.state.commit(
        [
            Put(STATS, TOPIC, msgspec.json.encode(stats)),
            *(Put(verdict_space(TOPIC), f"{i:016d}", msgspec.json.encode(one)) for i, one in enumerate(verdicts)),
        ]
    )


def verdict(world: Any, **changes: Any) -> Verdict:
    measured: dict[str, Any] = {"freshness": 0.5, "completeness": 1.0, "accuracy": 1.0, **changes}
    return Verdict(time=world.desk.clock.now().isoformat(), rows=10, good=10, bad=0, **measured)


async def test_cards_show_every_product_to_everyone_who_is_signed_in(world: Any) -> None:
    await note(world, verdict(world))
    told = (await world.get("/api/v1/products", "nobody")).json()
    assert told["total"] == 2
    lone, card = told["items"]
    assert card["name"] == PRODUCT
    assert (card["received"], card["quarantined"], card["freshness_seconds"]) == (10, 2, 0.5)
    assert (card["classification"], card["health"], card["may"]) == ("restricted", "ok", [])
    assert (lone["name"], lone["health"], lone["tables"]) == ("lone", "unknown", [])
    assert (await world.get("/api/v1/products", "paula")).json()["items"][1]["may"] == ["read", "write", "admin"]


@pytest.mark.parametrize(
    ("changes", "health"),
    [
        ({}, "ok"),
        ({"freshness": 1.01}, "broken"),
        ({"accuracy": 0.9999}, "broken"),
        ({"completeness": None}, "unknown"),
        ({"completeness": None, "freshness": 2.0}, "broken"),
    ],
)
async def test_unknown_is_never_counted_as_kept(world: Any, changes: dict[str, Any], health: str) -> None:
    await note(world, verdict(world, **changes))
    assert (await world.get("/api/v1/products")).json()["items"][1]["health"] == health


async def test_quality_is_the_promise_against_what_was_measured(world: Any) -> None:
    await note(world, verdict(world, accuracy=0.5), verdict(world, freshness=0.2))
    (item,) = (await world.get(f"{BASE}/quality")).json()["items"]
    assert (item["contract"], item["table"], item["state"]) == ("payment-schema", "payment", "unmet")
    measures = {measure["name"]: measure for measure in item["measures"]}
    assert measures["freshness"] == {
        "name": "freshness",
        "promised": 1.0,
        "measured": 0.2,
        "state": "met",
        "unit": "seconds",
    }
    assert measures["accuracy"]["measured"] == 0.75
    assert [point["accuracy"] for point in item["history"]] == [0.5, 1.0]


async def test_nothing_measured_is_unknown(world: Any) -> None:
    (item,) = (await world.get(f"{BASE}/quality")).json()["items"]
    assert item["state"] == "unknown"
    assert {measure["state"] for measure in item["measures"]} == {"unknown"}


async def test_live_figures_tell_how_far_each_table_has_come(world: Any, good: Good) -> None:
    await world.publish(good(1), good(2))
    old = msgspec.structs.replace(verdict(world), time=(world.desk.clock.now() - timedelta(hours=1)).isoformat())
    await note(world, old, verdict(world))
    silver, gold = (await world.get(f"{BASE}/live")).json()["tables"]
    assert (silver["position"], silver["table_position"], silver["rows"]) == ("2", "2", 2)
    assert (silver["received"], silver["quarantined"], silver["per_second"]) == (10, 2, 1.0)
    assert (gold["layer"], gold["rows"], gold["position"]) == ("gold", 0, "0")


async def test_prometheus_is_told_what_the_tables_hold_whoever_did_the_work(world: Any, good: Good) -> None:
    await world.publish(good(1), good(2))
    await note(world, verdict(world, accuracy=None))
    await world.log.append(TOPIC, await world.log_tail(TOPIC))
    text = (await world.client.get("/metrics")).text
    labels = f'product="{PRODUCT}",table="payment"'
    assert f'weft_rows_total{{outcome="quarantined",{labels}}} 2.0' in text
    assert f'weft_lag_events{{of="view",{labels}}} 1.0' in text
    assert f"weft_freshness_seconds{{{labels}}} 0.5" in text
    assert f"weft_accuracy_ratio{{{labels}}} NaN" in text


async def test_runs_come_newest_first(world: Any) -> None:
    runs = [Run(id=f"{i}", kind="refine", table="payment", started="2026-01-01", seconds=1.0) for i in range(3)]
    await world.state.commit([Put(run_space(PRODUCT), run.id, msgspec.json.encode(run)) for run in runs])
    assert [run["id"] for run in (await world.get(f"{BASE}/runs")).json()["items"]] == ["2", "1", "0"]


async def test_the_page_of_a_product_shows_columns_as_the_caller_sees_them(world: Any) -> None:
    seen = {user: (await world.get(BASE, user)).json() for user in ("paula", "ana", "nobody")}
    masks = {
        user: {column["name"]: column["mask"] for column in page["tables"][0]["columns"]} for user, page in seen.items()
    }
    assert set(masks["paula"].values()) == {"none"}
    assert (masks["ana"]["customer_id"], masks["ana"]["note"], masks["ana"]["amount"]) == ("hide", "partial", "none")
    assert set(masks["nobody"].values()) == {"hide"}
    method = next(column for column in seen["ana"]["tables"][0]["columns"] if column["name"] == "payment_method")
    assert [(field["name"], field["mask"]) for field in method["fields"]] == [
        ("type", "none"),
        ("last_four", "partial"),
    ]


async def test_the_page_of_a_product_tells_its_promise_and_its_ways_in(world: Any) -> None:
    page = (await world.get(BASE)).json()
    (contract,) = page["contracts"]
    assert contract["schema"]["required"][0] == "payment_id"
    assert any("payment_id" in sentence for sentence in contract["promise"])
    assert page["endpoints"][0]["path"] == "/payments/{payment_id}"
    assert {"role": "fraud-team", "permissions": ["read"], "rows": "status <> 'CANCELLED'", "purpose": ""} in page[
        "access"
    ]
    assert (await world.get("/api/v1/products/none")).status_code == 404


async def test_the_trail_of_a_row_leads_back_to_its_request(world: Any, good: Good) -> None:
    await world.post(f"{BASE}/ingest/payment", good(1))
    told = (await world.get(f"{BASE}/lineage/p1")).json()
    assert [step["kind"] for step in told["steps"]] == ["answer", "silver", "bronze", "log", "request"]
    steps = {step["kind"]: step["detail"] for step in told["steps"]}
    assert steps["bronze"]["raw"].startswith('{"payment_id": "p1"')
    assert steps["log"]["topic"] == TOPIC
    assert steps["log"]["position"] == "0"
    assert steps["request"]["principal"] == "paula"


async def test_the_trail_shows_the_raw_bytes_only_to_those_who_see_all_of_them(world: Any, good: Good) -> None:
    await world.publish(good(1, note="canary-note-behind-a-mask", customer_id=424242))
    for user in ("ana", "frank"):
        text = (await world.get(f"{BASE}/lineage/p1?table=payment", user)).text
        assert "canary" not in text
        assert "424242" not in text


async def test_the_lineage_graph_is_whole(world: Any) -> None:
    graph = (await world.get(f"{BASE}/lineage")).json()
    names = {node["id"] for node in graph["nodes"]}
    assert {f"{TOPIC}/{layer}" for layer in ("bronze", "silver", "quarantine")} < names
    edge = next(edge for edge in graph["edges"] if edge["to"] == f"{PRODUCT}/totals/gold")
    assert edge["from"] == f"{TOPIC}/silver"
    assert {"from": "amount", "to": "total"} in edge["columns"]


async def test_words_find_columns(world: Any) -> None:
    found = (await world.get("/api/v1/search?q=amuont")).json()["items"]
    assert found[0]["column"] == "amount"
    assert (await world.get("/api/v1/search")).json() == {"items": []}


async def test_the_mesh_in_one_line(world: Any) -> None:
    assert (await world.get("/api/v1/mesh")).json() == {
        "name": "bank",
        "environment": "local",
        "version": "0",
        "durability": "memory",
        "products": 2,
        "domains": ["customers", "payments"],
    }
