"""A small mesh with everything real but the log and the state, which are in memory; rows go straight through all layers."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pytest

from weft._kit.clock import SystemClock, SystemIds
from weft.backends.engines.duckdb import DuckdbEngine
from weft.backends.event_logs.memory import MemoryLog
from weft.backends.identities.embedded import EmbeddedIdentity
from weft.backends.keys.file import FileKeys
from weft.backends.state_stores.memory import MemoryState
from weft.backends.table_stores.delta import DeltaTables
from weft.contracts import canonical
from weft.contracts.columns import arrow_schema, columns_of
from weft.contracts.validator import compile_contract
from weft.events.views import ROW_RECEIVED, KeyedView, Projected
from weft.governance.audit import AuditTrail
from weft.model.column import Column
from weft.model.errors import Unavailable
from weft.model.event import Event, Position, Record
from weft.model.key import key_of
from weft.model.mesh import Identities, Mesh, User
from weft.model.principal import Principal
from weft.model.product import Contract, Endpoint, Grant, Product, Quality, Table
from weft.model.receipt import Receipt, RowProblem
from weft.ports.table_store import Append, Commit, Upsert
from weft.serving.door import Door
from weft.serving.http.app import build_app
from weft.serving.http.asgi import Asgi
from weft.serving.http.desk import Desk, Settings
from weft.serving.reader import House
from weft.tables.layers import (
    BRONZE,
    QUARANTINE,
    Arrival,
    bronze_rows,
    quarantine_rows,
    silver_rows,
    silver_schema,
    table_name,
    topic_name,
)
from weft.telemetry.logs import Log
from weft.telemetry.metrics import Metrics

PRODUCT = "payments-data-product"
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["payment_id", "customer_id", "amount", "currency", "status", "created_at"],
    "properties": {
        "payment_id": {"type": "string", "minLength": 1, "description": "Unique payment identifier"},
        "customer_id": {"type": "integer", "minimum": 1, "classification": "restricted"},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "status": {"type": "string", "enum": ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"]},
        "note": {"type": "string", "classification": "confidential"},
        "urgent": {"type": "boolean"},
        "payment_method": {
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "last_four": {"type": "string", "classification": "confidential"},
            },
        },
        "created_at": {"type": "string", "format": "date-time"},
    },
}
COLUMNS = columns_of(SCHEMA)
USERS = (
    User(id="paula", name="Paula of Payments", roles=frozenset({"payments-team"})),
    User(id="frank", name="Frank of Fraud", roles=frozenset({"fraud-team"})),
    User(id="ana", name="Ana of Analytics", roles=frozenset({"analytics-team"})),
    User(id="wim", name="Wim who writes", roles=frozenset({"loaders"})),
    User(id="nobody", name="A guest", roles=frozenset()),
)


def bank() -> Mesh:
    """One product with a silver and a gold table, three readers, a row filter, and endpoints of its own."""
    payment = Table(name="payment", layer="silver", columns=COLUMNS, key=("payment_id",), contract="payment-schema")
    totals = Table(
        name="totals",
        layer="gold",
        key=("currency",),
        columns=(Column(name="currency", kind="string"), Column(name="total", kind="decimal", scale=2)),
        sql="SELECT currency, sum(amount) AS total FROM payment GROUP BY currency",
    )
    product = Product(
        name=PRODUCT,
        domain="payments",
        version="1.0.0",
        owner="payments-team@banking.com",
        file="payments.product.yaml",
        tables=(payment, totals),
        contracts=(
            Contract(
                name="payment-schema",
                version="1.0.0",
                schema=json.dumps(SCHEMA),
                path="schemas/payment-schema.json",
                quality=Quality(freshness=1.0, completeness=1.0, accuracy=0.99999),
            ),
        ),
        access=(
            Grant(role="payments-team", permissions=frozenset({"read", "write", "admin"})),
            Grant(role="fraud-team", permissions=frozenset({"read"}), rows="status <> 'CANCELLED'"),
            Grant(role="analytics-team", permissions=frozenset({"read"})),
            Grant(role="loaders", permissions=frozenset({"write"})),
        ),
        endpoints=(
            Endpoint(path="/payments/{payment_id}", table="payment", operation="get"),
            Endpoint(path="/payments/{payment_id}/status", table="payment", operation="field", field="status"),
            Endpoint(path="/payments/search", table="payment", operation="search"),
        ),
    )
    lone = Product(name="lone", domain="customers", version="1.0.0", owner="x@banking.com", file="lone.yaml")
    return Mesh(
        name="bank", folder="bank", products=(product, lone), identities=Identities(users=USERS, sign_in="demo")
    )


@dataclass
class World:
    """The parts, for tests to reach into."""

    mesh: Mesh
    log: MemoryLog
    state: MemoryState
    tables: DeltaTables
    engine: DuckdbEngine
    door: Door
    desk: Desk
    identity: EmbeddedIdentity
    client: httpx2.AsyncClient
    lines: io.StringIO
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The latest row of each key that a test sent: its model of the table."""

    async def token(self, user: str) -> str:
        """An access token of a declared user."""
        return (await self.identity.issue(await self.identity.find(user))).text

    async def headers(self, user: str) -> dict[str, str]:
        """The credentials of a user."""
        return {"authorization": f"Bearer {await self.token(user)}"}

    async def get(self, path: str, user: str = "paula", **headers: str) -> httpx2.Response:
        """GET as a user."""
        return await self.client.get(path, headers={**await self.headers(user), **headers})

    async def post(self, path: str, body: Any, user: str = "paula", **headers: str) -> httpx2.Response:
        """POST as a user; bytes go as they are, all else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(path, content=content, headers={**await self.headers(user), **headers})

    def change_access(self, *grants: Grant) -> None:
        """Apply other grants for the first product."""
        first, *others = self.mesh.products
        self.mesh = replace(self.mesh, products=(replace(first, access=grants), *others))

    async def publish(self, *rows: dict[str, Any]) -> Receipt:
        """Rows through the same way in."""
        raws = [json.dumps(row).encode() for row in rows]
        self.sent |= {row["payment_id"]: row for row in rows}
        return await self.take(
            Principal(id="paula"), PRODUCT, "payment", raws, source="test", once="", digest="", trace=""
        )

    async def log_tail(self, topic: str) -> list[Event]:
        """The last event of a topic, to be sent once more."""
        end = (await self.log.end(topic)).next()
        return [record.event for record in await self.log.read(topic, Position.at(end - 1))]

    async def take(
        self,
        who: Principal,
        product: str,
        table: str,
        rows: Sequence[bytes],
        *,
        source: str,
        once: str,
        digest: str,
        trace: str,
    ) -> Receipt:
        """Append, then let view and tables follow at once."""
        topic, ids, now = topic_name(product, table), SystemIds(), datetime.now(UTC)
        contract = compile_contract(self.mesh.products[0].contracts[0], self.mesh.products[0].tables[0])
        checked = contract.check_many(rows)
        events = [
            Event(
                id=ids.new(),
                type=ROW_RECEIVED,
                source=source,
                time=now,
                data=one.raw,
                key=key_of(one.row, ("payment_id",)) if one.row else "",
                headers={"trace": trace, "principal": who.id, "request": ids.new(), "contract": "payment-schema@1.0.0"},
            )
            for one in checked
        ]
        placed = await self.log.append(topic, events, once=once, digest=digest)
        if not placed.repeated:
            arrivals = [
                Arrival(
                    checked=one, event=event.id, received=now, source=source, position=at, contract="payment-schema"
                )
                for at, (one, event) in enumerate(zip(checked, events, strict=True), placed.first.next())
            ]
            await self._settle(product, table, arrivals, placed.first, placed.next)
        problems = [RowProblem(row=i, defects=one.defects) for i, one in enumerate(checked, 1) if not one.good]
        return Receipt(
            received=len(rows),
            accepted=len(rows) - len(problems),
            quarantined=len(problems),
            position=placed.next,
            repeated=placed.repeated,
            problems=tuple(problems),
        )

    async def _settle(
        self, product: str, table: str, arrivals: list[Arrival], start: Position, next_: Position
    ) -> None:
        contract = compile_contract(self.mesh.products[0].contracts[0], self.mesh.products[0].tables[0])

        def project(record: Record) -> Projected | None:
            row = contract.check(record.event.data).row
            return None if row is None else Projected(record.event.key, canonical.encode(row, COLUMNS))

        topic = topic_name(product, table)
        await KeyedView(topic, self.state).advance(self.log, project)
        silver = silver_rows(arrivals, arrow_schema(COLUMNS))
        writes = {
            "bronze": Append(rows=bronze_rows(arrivals)),
            "silver": Upsert(rows=silver, key=("payment_id",), order=("_position", "_row")),
            "quarantine": Append(rows=quarantine_rows(arrivals, datetime.now(UTC))),
        }
        for layer, write in writes.items():
            await self.tables.commit(
                table_name(product, table, layer), Commit(write=write, source=topic, start=start, next=next_)
            )


def payment(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A good payment; `changes` make it another."""
    row = {
        "payment_id": f"p{number}",
        "customer_id": number + 100,
        "amount": 10.5,
        "currency": "EUR",
        "status": "PENDING",
        "note": f"a note about {number}",
        "payment_method": {"type": "CARD", "last_four": "1234"},
        "created_at": "2026-01-02T03:04:05Z",
    }
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


@pytest.fixture
def good() -> Callable[..., dict[str, Any]]:
    """Makes good payments."""
    return payment


MakeWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[MakeWorld]:
    """Makes worlds; settings can be changed."""
    made: list[World] = []

    async def make(**settings: Any) -> World:
        folder = tmp_path / f"world{len(made)}"
        made.append(await _open(folder, settings))
        return made[-1]

    yield make
    for world in made:
        await world.client.aclose()
        with contextlib.suppress(Unavailable):  # a test may have closed the state itself
            await world.door.house.audit.flush()
        for part in (world.log, world.tables, world.engine, world.state):
            await part.close()


@pytest.fixture
async def world(make_world: MakeWorld) -> World:
    """A fresh world."""
    return await make_world()


async def _open(folder: Path, settings: dict[str, Any]) -> World:
    clock, ids, mesh = SystemClock(), SystemIds(), bank()
    log, state = MemoryLog(), MemoryState()
    tables = DeltaTables.open(f"file:{folder / 'tables'}", folder, clock=clock)
    engine = DuckdbEngine.open("duckdb:", folder, clock=clock)
    keys = FileKeys.open(f"file:{folder / 'keys'}", folder / "data")
    lines = io.StringIO()
    world = World(mesh, log, state, tables, engine, None, None, None, None, lines)  # type: ignore[arg-type]
    world.identity = EmbeddedIdentity.open(
        "embedded:", identities=lambda: world.mesh.identities, state=state, keys=keys, clock=clock, ids=ids
    )
    metrics = Metrics()
    audit = AuditTrail(state, clock)
    world.door = Door(
        House(
            mesh=lambda: world.mesh,
            log=log,
            state=state,
            tables=tables,
            engine=engine,
            audit=audit,
            clock=clock,
            salt="salt",
            metrics=metrics,
        )
    )
    world.desk = Desk(
        door=world.door,
        identity=world.identity,
        ingest=world.take,
        metrics=metrics,
        log=Log(lines, clock),
        settings=Settings(**{"name": "bank", "durability": "memory", **settings}),
        clock=clock,
        ids=ids,
    )
    world.client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=Asgi(build_app(world.desk)), raise_app_exceptions=False),
        base_url="http://127.0.0.1",
    )
    for name in ("bronze", "silver", "quarantine"):
        schema = {"bronze": BRONZE, "quarantine": QUARANTINE, "silver": silver_schema(arrow_schema(COLUMNS))}[name]
        await tables.create(table_name(PRODUCT, "payment", name), schema)
    gold: pa.Schema = arrow_schema(mesh.products[0].tables[1].columns)
    await tables.create(table_name(PRODUCT, "totals", "gold"), gold)
    return world
