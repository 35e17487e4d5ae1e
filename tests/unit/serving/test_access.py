"""Who may do what over HTTP: nobody unknown, and exactly what the product's file grants."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from weft.serving.http.app import build_app
from weft.serving.http.gate import PUBLIC

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"
FILLED = {"product": "payments-data-product", "table": "payment", "key": "p1", "file": "app.js"}
DECLARED = ["/payments/p1", "/payments/p1/status", "/payments/search"]


def paths(world: Any) -> list[tuple[str, str]]:
    """Every method and path of the app, parameters filled in."""
    found = []
    for path in build_app(world.desk).routes[0].all():
        filled = re.sub(r"\{(\w+)\}", lambda match: FILLED[match[1]], path.template)
        found += [(method, filled) for method in (*path.handlers, "HEAD", "PUT")]
    return found + [(method, path) for path in (*DECLARED, "/x") for method in ("GET", "POST", "HEAD")]


async def test_every_route_that_is_not_on_the_public_list_asks_who_is_there(world: Any) -> None:
    for method, path in paths(world):
        answer = await world.client.request(method, path)
        public = path in PUBLIC or path.startswith("/assets/")
        assert (answer.status_code == 401) is not public, (method, path, answer.status_code)


async def test_the_public_list_is_exactly_this() -> None:
    assert {
        "/",
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/oauth/token",
        "/api/v1/session",
    } == PUBLIC


async def test_paths_that_do_not_exist_are_not_told_apart_from_those_that_do(world: Any) -> None:
    for path in (f"{BASE}/payment/p1", f"{BASE}/nothing/p1", "/api/v1/products/none", "/none", "/api/v2"):
        assert (await world.client.get(path)).status_code == 401


@pytest.mark.parametrize("user", ["paula", "frank", "ana", "wim", "nobody"])
async def test_what_a_role_may_do_is_what_the_file_grants(world: Any, good: Good, user: str) -> None:
    await world.publish(good(1))
    product = world.mesh.products[0]
    roles = next(one.roles for one in world.mesh.identities.users if one.id == user)
    held = {permission for grant in product.access if grant.role in roles for permission in grant.permissions}
    may = {action: action in held or "admin" in held for action in ("read", "write", "admin")}
    asked = [
        ("read", await world.get(f"{BASE}/payment/p1", user)),
        ("read", await world.get(f"{BASE}/payment", user)),
        ("read", await world.get(f"{BASE}/data/p1", user)),
        ("read", await world.get(f"{BASE}/lineage/p1", user)),
        ("read", await world.get("/payments/p1", user)),
        ("read", await world.get("/payments/p1/status", user)),
        ("read", await world.post("/payments/search", {}, user)),
        ("read", await world.post(f"{BASE}/search", {}, user)),
        ("read", await world.post(f"{BASE}/payment/search", {}, user)),
        ("read", await world.post("/api/v1/query", {"sql": 'SELECT 1 FROM "payments-data-product".payment'}, user)),
        ("write", await world.post(f"{BASE}/ingest/payment", good(2), user)),
        ("write", await world.get(f"{BASE}/quarantine/payment", user)),
        ("admin", await world.get("/api/v1/audit?product=payments-data-product", user)),
        ("admin", await world.get("/api/v1/audit", user)),
    ]
    for action, answer in asked:
        assert (answer.status_code in {200, 202}) is may[action], (user, action, answer.url, answer.status_code)
        assert (answer.status_code == 403) is not may[action], (user, action, answer.url, answer.status_code)


async def test_a_wrong_credential_is_refused_even_beside_a_good_session(world: Any) -> None:
    signed_in = await world.client.post("/api/v1/session", json={"key": await world.identity.new_key("paula")})
    cookie = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    assert (await world.client.get("/api/v1/mesh", headers=cookie)).status_code == 200
    for wrong in ({"authorization": "Bearer x.y.z"}, {"x-api-key": "weft_a_b"}, {"authorization": "Basic YTpi"}):
        assert (await world.client.get("/api/v1/mesh", headers={**cookie, **wrong})).status_code == 401


async def test_nobody_is_believed_who_says_who_they_are(world: Any) -> None:
    for header in ("x-user", "x-forwarded-user", "x-remote-user", "forwarded", "x-forwarded-for"):
        assert (await world.client.get("/api/v1/mesh", headers={header: "paula"})).status_code == 401


async def test_the_question_is_read_only_once_it_is_allowed(world: Any) -> None:
    nonsense = b'{"filters": nonsense'
    assert (await world.post(f"{BASE}/payment/search", nonsense, "nobody")).status_code == 403
    assert (await world.post(f"{BASE}/payment/search", nonsense, "paula")).status_code == 400
    assert (await world.get(f"{BASE}/payment?size=-1", "nobody")).status_code == 403
    assert (await world.post(f"{BASE}/ingest/payment", b"nonsense", "ana")).status_code == 403
    assert (await world.client.post(f"{BASE}/ingest/payment", content=nonsense)).status_code == 401


async def test_a_role_that_is_taken_away_works_no_longer(world: Any, good: Good) -> None:
    await world.publish(good(1))
    headers = await world.headers("ana")
    assert (await world.client.get(f"{BASE}/payment/p1", headers=headers)).status_code == 200
    world.change_access()
    assert (await world.client.get(f"{BASE}/payment/p1", headers=headers)).status_code == 403


async def test_every_decision_stands_in_the_audit_trail(world: Any, good: Good) -> None:
    await world.publish(good(1))
    await world.get(f"{BASE}/payment/p1", "ana")
    denied = await world.get(f"{BASE}/payment/p1", "nobody")
    entries = (await world.get("/api/v1/audit?product=payments-data-product&size=3", "paula")).json()
    assert entries["total"] == 3
    told = [(e["principal"], e["action"], e["allowed"]) for e in entries["items"]]
    assert told == [("paula", "admin", True), ("nobody", "read", False), ("ana", "read", True)]
    assert entries["items"][1]["trace"] == denied.headers["x-request-id"]


async def test_an_administrator_reads_only_the_trail_of_their_own_products(world: Any) -> None:
    await world.get("/api/v1/products/lone/nothing/1", "ana")
    entries = (await world.get("/api/v1/audit", "paula")).json()
    assert {entry["product"] for entry in entries["items"]} <= {"payments-data-product"}
    assert (await world.get("/api/v1/audit?product=lone", "paula")).status_code == 403
