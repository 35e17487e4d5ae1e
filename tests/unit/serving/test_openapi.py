"""The OpenAPI document is valid, and says exactly what the app answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from weft.serving.http.app import build_app
from weft.serving.http.gate import PUBLIC

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"


@pytest.fixture
async def document(world: Any) -> dict[str, Any]:
    return (await world.client.get("/openapi.json")).json()


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for part in node.values() for found in references(part)]
    return [found for part in node for found in references(part)] if isinstance(node, list) else []


async def test_the_document_is_valid(document: dict[str, Any]) -> None:
    schema = json.loads((Path(__file__).parent / "openapi-3.1.json").read_text())
    errors = [
        f"{list(e.instance_path)}: {e.message}" for e in jsonschema_rs.validator_for(schema).iter_errors(document)
    ]
    assert errors == []


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]


async def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


async def test_the_document_and_the_route_table_are_equal(world: Any, document: dict[str, Any]) -> None:
    fixed, own = build_app(world.desk).routes
    real = {(method, path.template) for path in fixed.all() for method in path.handlers}
    reached, declared = set(), set()
    for template, operations in document["paths"].items():
        for method in map(str.upper, operations):
            parts = template.split("/")
            found = fixed.find(parts, method)
            if found is not None:
                reached.add((method, found.template))
            else:
                assert own.find(parts, method) is not None
                declared.add((method, template))
    assert reached == real
    assert declared == {
        ("GET", "/payments/{payment_id}"),
        ("GET", "/payments/{payment_id}/status"),
        ("GET", "/payments/search"),
        ("POST", "/payments/search"),
    }


async def test_operations_have_names_of_their_own_and_name_their_parameters(document: dict[str, Any]) -> None:
    found = [(path, one) for path, methods in document["paths"].items() for one in methods.values()]
    names = [one["operationId"] for _, one in found]
    assert len(set(names)) == len(names)
    for path, one in found:
        told = {p["name"] for p in one["parameters"] if p["in"] == "path"}
        assert told == set(re.findall(r"\{(\w+)\}", path))
        assert (one.get("security") == []) is (path in PUBLIC)


async def test_answers_are_what_the_document_says(world: Any, document: dict[str, Any], good: Good) -> None:
    await world.publish(good(1), good(2, status="NONSENSE"))
    asked = {
        f"{BASE}/payment/{{key}}": f"{BASE}/payment/p1",
        f"{BASE}/payment": f"{BASE}/payment?page=1&size=20&status=PENDING&sort=-created_at",
        "/payments/{payment_id}/status": "/payments/p1/status",
        "/api/v1/products": "/api/v1/products",
        "/api/v1/products/{product}": BASE,
        "/api/v1/products/{product}/live": f"{BASE}/live",
        "/api/v1/products/{product}/quality": f"{BASE}/quality",
        "/api/v1/products/{product}/runs": f"{BASE}/runs",
        "/api/v1/products/{product}/lineage": f"{BASE}/lineage",
        "/api/v1/products/{product}/lineage/{key}": f"{BASE}/lineage/p1",
        "/api/v1/mesh": "/api/v1/mesh",
        "/api/v1/search": "/api/v1/search?q=amount",
    }
    for template, path in asked.items():
        answer = await world.get(path)
        assert answer.status_code == 200, (path, answer.text)
        content = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        errors = [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(answer.json())]
        assert errors == [], (path, errors)


async def test_what_may_be_sent_is_the_contract(document: dict[str, Any], good: Good) -> None:
    body = document["paths"][f"{BASE}/ingest/payment"]["post"]["requestBody"]["content"]["application/json"]
    validator = jsonschema_rs.Draft202012Validator({**body["schema"], "components": document["components"]})
    assert validator.is_valid(good(1))
    assert validator.is_valid([good(1), good(2)])
    assert not validator.is_valid(good(1, status="NONSENSE"))
    assert not validator.is_valid([])


async def test_the_document_follows_the_mesh(world: Any, document: dict[str, Any]) -> None:
    world.mesh = type(world.mesh)(name="empty", folder="empty")
    later = (await world.client.get("/openapi.json")).json()
    assert later["info"]["title"] == "The data mesh empty"
    assert not [path for path in later["paths"] if "payments" in path]
