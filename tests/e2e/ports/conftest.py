"""A mesh with classes, row filters and five kinds of reader, opened in this process, with every port that reads it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import pytest
from ports.orders import JSON_COLUMNS, SCHEMA, read_json

from weft.contracts import canonical
from weft.model.errors import Denied, NotFound
from weft.model.principal import OPERATOR, Principal
from weft.platform.desk import make_desk
from weft.platform.mesh import Mesh
from weft.serving.http.app import build_app
from weft.serving.http.asgi import Asgi
from weft.telemetry.logs import Log

PRODUCT = "orders-data-product"
TABLE = "order"
READERS = ("team", "fraud", "analyst", "auditor", "stranger")
_DECLARATIONS = {
    "mesh.yaml": "apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {name: ports}\n"
    "spec:\n  environments:\n    local: {log: 'memory:', state: 'memory:', keys: 'file:KEYS'}\n",
    "orders.yaml": """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: orders-data-product, domain: orders, version: "1.0.0", owner: team@shop.example}
spec:
  contracts:
    - {name: order-schema, version: "1.0.0", schema: order.json}
  access:
    - {role: team, permissions: [read, write, admin]}
    - {role: fraud, permissions: [read], rows: "status <> 'CANCELLED' and amount >= 1"}
    - {role: analyst, permissions: [read]}
    - {role: auditor, permissions: [read]}
""",
    "policy.yaml": """
apiVersion: weft.dev/v1
kind: Policy
metadata: {name: classes}
spec:
  classification:
    confidential: {mask: partial}
    restricted: {mask: hash, cleared: [auditor]}
""",
    "identities.yaml": "apiVersion: weft.dev/v1\nkind: Identities\nmetadata: {name: people}\nspec:\n  users:\n"
    + "".join(f"    - {{id: {name}, name: {name}, roles: [{name}]}}\n" for name in READERS),
    "order.json": json.dumps(SCHEMA),
}

Rows = dict[str, dict[str, Any]]
Change = Callable[[str, str], str]
"""From the name of a declaration and its text to the text that it shall have."""


def declare(folder: Path, change: Change = lambda _, text: text) -> None:
    """Write the declarations of the mesh into a folder, some of them changed."""
    for name, text in _DECLARATIONS.items():
        (folder / name).write_text(change(name, text.replace("KEYS", str(folder / "keys"))))


@dataclass(frozen=True, repr=False)
class Ports:
    """One mesh through every door."""

    mesh: Mesh
    http: httpx.AsyncClient
    tokens: Mapping[str, str]
    people: Mapping[str, Principal]

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    async def publish(self, *rows: Any) -> Any:
        raw = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        return await self.mesh.product(PRODUCT).publish(raw)

    async def rest_rows(self, who: str, ids: list[str]) -> Rows | int:
        """Each row by its key; the status if the product as a whole is refused."""
        found: Rows = {}
        for key in ids:
            answer = await self.http.get(f"/api/v1/products/{PRODUCT}/{TABLE}/{quote(key)}", headers=self.headers(who))
            if answer.status_code == 403:
                return 403
            if answer.status_code == 200:
                found[key] = answer.json()
            else:
                assert answer.status_code == 404
        return found

    async def rest_list(self, who: str) -> Rows | int:
        answer = await self.http.get(f"/api/v1/products/{PRODUCT}/{TABLE}?size=1000", headers=self.headers(who))
        return by_key(answer.json()["items"]) if answer.status_code == 200 else answer.status_code

    async def rest_search(self, who: str) -> Rows | int:
        answer = await self.http.post(
            f"/api/v1/products/{PRODUCT}/{TABLE}/search", json={"size": 1000}, headers=self.headers(who)
        )
        return by_key(answer.json()["items"]) if answer.status_code == 200 else answer.status_code

    async def rest_query(self, who: str) -> Rows | int:
        sql = f'SELECT * FROM "{PRODUCT}"."{TABLE}"'
        answer = await self.http.post("/api/v1/query", json={"sql": sql, "limit": 1000}, headers=self.headers(who))
        if answer.status_code != 200:
            return answer.status_code
        return sql_rows(answer.json())

    async def python_get(self, who: str, ids: list[str]) -> Rows | int:
        found: Rows = {}
        for key in ids:
            try:
                found[key] = await self.mesh.product(PRODUCT).get(key, as_=self.people[who])
            except NotFound:
                continue
            except Denied:
                return 403
        return by_key(map(read_json, found.values()))

    async def python_read(self, who: str) -> Rows | int:
        try:
            rows = await self.mesh.product(PRODUCT).read(TABLE, as_=self.people[who], size=1000)
        except Denied:
            return 403
        return by_key(map(read_json, rows))

    async def everywhere(self, who: str, ids: list[str]) -> dict[str, Rows | int]:
        """What one reader sees, by port."""
        return {
            "REST by key": await self.rest_rows(who, ids),
            "REST list": await self.rest_list(who),
            "REST search": await self.rest_search(who),
            "SQL": await self.rest_query(who),
            "Python by key": await self.python_get(who, ids),
            "Python read": await self.python_read(who),
        }


def sql_rows(answer: dict[str, Any]) -> Rows:
    """The rows of an answer to a SELECT."""
    names = [column["name"] for column in answer["columns"]]
    return by_key(read_json(dict(zip(names, row, strict=True))) for row in answer["rows"])


def by_key(rows: Iterable[dict[str, Any]]) -> Rows:
    """Rows by their key, absent and null alike, times and decimals as JSON shows them."""
    return {row["order_id"]: _plain(row) for row in rows}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: part if name in JSON_COLUMNS else _plain(part) for name, part in value.items() if part is not None
        }
    if hasattr(value, "isoformat"):
        return canonical.instant(value)
    return float(value) if type(value).__name__ == "Decimal" else value


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    async with open_ports(tmp_path) as opened:
        yield opened


class open_ports:  # noqa: N801 - reads as a function where it is used
    """Open the mesh in a folder; also for tests that open one for each example."""

    def __init__(self, folder: Path, change: Change = lambda _, text: text) -> None:
        declare(folder, change)
        self._mesh = Mesh.open(folder)

    async def __aenter__(self) -> Ports:
        mesh = await self._mesh.__aenter__()
        await mesh.apply(await mesh.plan())
        identity = mesh.node.identity()
        people = {name: await identity.find(name) for name in READERS} | {"operator": OPERATOR}
        tokens = {name: (await identity.issue(people[name])).text for name in READERS}
        transport = httpx.ASGITransport(Asgi(build_app(make_desk(mesh.node, Log(io.StringIO(), mesh.node.clock)))))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        return Ports(mesh=mesh, http=self._http, tokens=tokens, people=people)

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()
        await self._mesh.__aexit__(*error)
