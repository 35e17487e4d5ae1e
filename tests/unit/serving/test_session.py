"""Signing in: sessions for the portal, tokens for programs, and what a foreign site cannot do with a cookie."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from weft.serving.http.app import build_app
from weft.serving.http.asgi import Asgi
from weft.serving.http.credentials import Credentials

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"
JSON = {"content-type": "application/json"}


async def sign_in(world: Any, user: str = "paula") -> str:
    answer = await world.client.post("/api/v1/session", json={"user": user})
    assert answer.status_code == 200, answer.text
    return answer.headers["set-cookie"]


async def test_nobody_is_signed_in_at_first(world: Any) -> None:
    told = (await world.client.get("/api/v1/session")).json()
    assert told["principal"] is None
    assert told["sign_in"] == "demo"
    assert {"id": "frank", "name": "Frank of Fraud", "roles": ["fraud-team"]} in told["users"]


async def test_a_session_says_who_it_is(world: Any) -> None:
    cookie = await sign_in(world)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    told = (await world.client.get("/api/v1/session", headers={"cookie": cookie.partition(";")[0]})).json()
    assert told["principal"] == {"id": "paula", "name": "Paula of Payments", "roles": ["payments-team"]}


async def test_over_tls_the_cookie_stays_there(make_world: Any) -> None:
    assert "Secure" in await sign_in(await make_world(secure=True))


async def test_a_cookie_alone_changes_nothing(world: Any, good: Good) -> None:
    cookie = {"cookie": (await sign_in(world)).partition(";")[0]}
    assert (await world.client.get(f"{BASE}/payment", headers=cookie)).status_code == 200
    for headers in ({}, {"x-weft-portal": "0"}, {"origin": "https://evil.example"}):
        sent = await world.client.post(f"{BASE}/ingest/payment", json=good(1), headers={**cookie, **headers})
        assert sent.status_code == 403
        assert (await world.client.delete("/api/v1/session", headers={**cookie, **headers})).status_code == 403
    sent = await world.client.post(f"{BASE}/ingest/payment", json=good(1), headers={**cookie, "x-weft-portal": "1"})
    assert sent.status_code == 202


async def test_a_form_of_another_site_signs_nobody_in(world: Any) -> None:
    body = b'{"user": "paula"}'
    for media in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await world.client.post("/api/v1/session", content=body, headers={"content-type": media})
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers


async def test_a_session_that_was_closed_is_gone(world: Any) -> None:
    headers = {"cookie": (await sign_in(world)).partition(";")[0], "x-weft-portal": "1"}
    closed = await world.client.delete("/api/v1/session", headers=headers)
    assert closed.status_code == 204
    assert "Max-Age=0" in closed.headers["set-cookie"]
    assert (await world.client.get("/api/v1/mesh", headers=headers)).status_code == 401


async def test_a_session_ends_by_itself_and_its_secret_is_kept_nowhere(world: Any) -> None:
    class Later:
        def now(self) -> Any:
            return world.desk.clock.now() + timedelta(hours=9)

        def monotonic(self) -> float:
            return world.desk.clock.monotonic()

    secret = (await sign_in(world)).partition(";")[0].partition("=")[2]
    held = await world.state.scan("http.sessions")
    assert len(held) == 1
    assert all(secret not in key and secret.encode() not in value for key, value in held)
    later = Credentials(world.identity, world.state, Later(), world.desk.ids)
    with pytest.raises(Exception, match="ended"):
        await later.who({b"cookie": f"weft_session={secret}".encode()}, "GET")
    await later.open(await world.identity.find("ana"))
    assert len(await world.state.scan("http.sessions")) == 1


async def test_two_session_cookies_are_refused(world: Any) -> None:
    cookie = (await sign_in(world)).partition(";")[0]
    answer = await world.client.get("/api/v1/mesh", headers={"cookie": f"{cookie}; {cookie}"})
    assert answer.status_code == 400


async def test_signing_in_by_name_is_for_demos_on_this_machine(world: Any, make_world: Any) -> None:
    with_keys = await make_world()
    closed = replace(with_keys.mesh.identities, sign_in="keys")  # as an apply does it, while the door is open
    with_keys.mesh = replace(with_keys.mesh, identities=closed)
    told = (await with_keys.client.get("/api/v1/session")).json()
    assert "users" not in told
    assert (await with_keys.client.post("/api/v1/session", json={"user": "paula"})).status_code == 403
    transport = httpx2.ASGITransport(app=Asgi(build_app(world.desk)), client=("10.0.0.9", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as far:
        assert (await far.post("/api/v1/session", json={"user": "paula"})).status_code == 403
        assert "users" not in (await far.get("/api/v1/session")).json()


async def test_a_key_signs_in_and_a_wrong_one_does_not(world: Any) -> None:
    key = await world.identity.new_key("frank")
    told = await world.client.post("/api/v1/session", json={"key": key})
    assert told.json()["principal"]["id"] == "frank"
    assert (await world.client.post("/api/v1/session", json={"key": key + "x"})).status_code == 401
    assert (await world.client.post("/api/v1/session", json={"user": "stranger"})).status_code == 401
    assert (await world.client.post("/api/v1/session", json={})).status_code == 400
    assert (await world.client.post("/api/v1/session", json={"user": "ana", "roles": ["x"]})).status_code == 400


async def test_a_key_buys_a_token_that_works(world: Any) -> None:
    key = await world.identity.new_key("ana")
    form = {"grant_type": "client_credentials", "client_id": "ana", "client_secret": key}
    token = (await world.client.post("/oauth/token", data=form)).json()
    assert token["token_type"] == "Bearer"
    headers = {"authorization": f"Bearer {token['access_token']}"}
    assert (await world.client.get("/api/v1/mesh", headers=headers)).status_code == 200
    assert (await world.client.get("/.well-known/jwks.json")).json()["keys"]
    basic = base64.b64encode(f"ana:{key}".encode()).decode()
    by_header = await world.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
    )
    assert by_header.status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "paula"}, 401, "invalid_client"),
        ({"client_secret": "weft_x_y"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
async def test_the_token_endpoint_refuses_as_oauth_clients_expect(
    world: Any, change: dict[str, str], status: int, error: str
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "ana",
        "client_secret": await world.identity.new_key("ana"),
        **change,
    }
    answer = await world.client.post("/oauth/token", data=form)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.headers["cache-control"] == "no-store"
