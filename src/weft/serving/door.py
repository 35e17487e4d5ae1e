"""The one door for reading: every port asks here, so that none can forget a policy.

Each question goes the same way: find the table, decide, wait for the position asked for, read, filter, mask, answer with
the position that the answer reflects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pyarrow as pa

from weft.contracts import canonical
from weft.events.views import KeyedView, ViewRow
from weft.governance import filters, masks
from weft.governance.audit import AuditTrail
from weft.governance.decide import decide
from weft.model.column import Column
from weft.model.errors import Denied, InvalidInput, NotFound, Unavailable
from weft.model.event import Position
from weft.model.key import key_text, key_values
from weft.model.mesh import Mesh
from weft.model.principal import Access, Decision, Permission, Principal
from weft.model.product import Product, Table
from weft.model.question import MAX_PAGE_SIZE, Condition, Question
from weft.ports.clock import Clock
from weft.ports.engine import Engine, Relation
from weft.ports.event_log import EventLog
from weft.ports.state_store import StateStore
from weft.ports.table_store import Snapshot, TableStore
from weft.serving.selection import select_rows
from weft.serving.statement import find_tables
from weft.tables.layers import QUARANTINE, table_name, topic_name

PATIENCE = 5.0
"""Seconds that a reader waits for the position that it asked for."""
_POLL = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the door reads from. `mesh` is a call, since an apply may change the mesh while it runs."""

    mesh: Callable[[], Mesh]
    log: EventLog
    state: StateStore
    tables: TableStore
    engine: Engine
    audit: AuditTrail
    clock: Clock
    salt: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row as its reader may see it, as canonical JSON."""

    body: bytes
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of rows."""

    rows: list[dict[str, Any]]
    columns: tuple[Column, ...]
    page: int
    size: int
    total: int
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to a SELECT."""

    rows: pa.Table
    positions: Mapping[str, Position] = field(default_factory=dict[str, Position])


@dataclass(frozen=True, slots=True)
class _Sight:
    """A table and what one caller may see of it."""

    product: Product
    table: Table
    decision: Decision

    @property
    def topic(self) -> str:
        return topic_name(self.product.name, self.table.name)

    @property
    def stored(self) -> str:
        return table_name(self.product.name, self.table.name, self.table.layer)


class Door:
    """Answers questions about data, for a principal."""

    def __init__(self, house: House) -> None:
        self.house = house

    # Who may see what

    def product(self, name: str) -> Product:
        """A product by name."""
        found = self.house.mesh().product(name)
        if found is None:
            raise NotFound(f"there is no data product {name!r}", hint="`weft product list` shows those that exist")
        return found

    def allow(self, who: Principal, action: Permission, product: str, table: str = "", *, trace: str = "") -> Decision:
        """Decide, note the decision in the audit trail, and raise Denied if it is a no."""
        return self._see(who, action, product, table, trace).decision

    def _see(self, who: Principal, action: Permission, product: str, table: str, trace: str) -> _Sight:
        found = self.product(product)
        shape = found.table(table) if table else None
        request = Access(principal=who, action=action, product=product, table=table)
        decision = decide(request, found, shape.columns if shape else (), self.house.mesh().policies)
        self.house.audit.record(request, decision, trace)
        if not decision.allowed:
            raise Denied(f"{who.id} may not {action} {product}", hint=decision.hint)
        if table and shape is None:
            known = ", ".join(other.name for other in found.tables)
            raise NotFound(f"{product} has no table {table!r}", hint=f"it has {known}")
        return _Sight(found, shape or found.tables[0], decision)

    # Questions

    async def get(
        self, who: Principal, product: str, table: str, key: str, *, at_least: Position | None = None, trace: str = ""
    ) -> Row:
        """The row of a key; NotFound if there is none that the caller may see."""
        sight = self._see(who, "read", product, table, trace)
        if not sight.table.key:
            raise InvalidInput(f"{product}/{table} has no key", hint="list it, or search it")
        found, position = await self._latest(sight, key, at_least)
        body = None if found is None else self._shown(sight, found.body)
        if body is None:
            raise NotFound(f"{product}/{table} has no row {key!r} that you may see")
        return Row(body, position)

    async def find(
        self,
        who: Principal,
        product: str,
        table: str,
        question: Question,
        *,
        at_least: Position | None = None,
        trace: str = "",
    ) -> Page:
        """A page of the rows that a question asks for, out of those that the caller may see."""
        sight = self._see(who, "read", product, table, trace)
        _check_page(question)
        snapshot = await self._snapshot(sight, at_least)
        sql, params = select_rows(sight.table.columns, question)
        relation = self._relation(sight, snapshot)
        answer = await self.house.engine.query(sql, {"t": relation}, params=params)
        totals = answer.column("_total").to_pylist()
        total = totals[0] if totals else await self._total(sight, relation, question)
        rows = canonical.rows_of(answer.drop_columns(["_total"]), sight.table.columns)
        return Page(
            rows=rows,
            columns=sight.table.columns,
            page=question.page,
            size=question.size,
            total=total,
            position=_reflected(snapshot, sight),
        )

    async def _total(self, sight: _Sight, relation: Relation, question: Question) -> int:
        if question.page == 1:
            return 0
        sql, params = select_rows(sight.table.columns, replace(question, page=1, size=1))
        answer = await self.house.engine.query(sql, {"t": relation}, params=params)
        return next(iter(answer.column("_total").to_pylist()), 0)

    async def query(
        self,
        who: Principal,
        sql: str,
        *,
        limit: int | None = None,
        at_least: Mapping[str, Position] | None = None,
        trace: str = "",
    ) -> Result:
        """The answer to one SELECT over `product.table`s, each as the caller may see it."""
        wanted = dict(at_least or {})
        relations: dict[str, Relation] = {}
        positions: dict[str, Position] = {}
        for spelled, product, table in find_tables(sql, self.house.mesh()):
            sight = self._see(who, "read", product, table, trace)
            snapshot = await self._snapshot(sight, wanted.get(sight.topic))
            relations[spelled] = self._relation(sight, snapshot)
            positions[sight.topic] = _reflected(snapshot, sight)
        rows = await self.house.engine.query(sql, relations, limit=limit)
        return Result(rows=rows, positions=positions)

    async def quarantined(
        self, who: Principal, product: str, table: str, *, page: int = 1, size: int = 20, trace: str = ""
    ) -> Page:
        """Rows that broke their contract, newest first: for those who may write the product, since the bytes are raw."""
        sight = self._see(who, "write", product, table, trace)
        question = Question(page=page, size=size)
        _check_page(question)
        snapshot = await self.house.tables.snapshot(table_name(product, table, "quarantine"))
        columns = {name: f'"{name}"' for name in QUARANTINE.names}
        sql = f"SELECT *, count(*) OVER () AS _total FROM t ORDER BY _position DESC, _row DESC LIMIT {size} OFFSET {(page - 1) * size}"  # noqa: S608 - two checked integers
        answer = await self.house.engine.query(sql, {"t": Relation(snapshot=snapshot, columns=columns)})
        return Page(
            rows=answer.drop_columns(["_total"]).to_pylist(),
            columns=(),
            page=page,
            size=size,
            total=snapshot.rows,
            position=_reflected(snapshot, sight),
        )

    async def whereabouts(
        self, who: Principal, product: str, table: str, key: str, *, trace: str = ""
    ) -> tuple[ViewRow, Position]:
        """The stamp of a row that the caller may see: which event brought it, and where that stands."""
        sight = self._see(who, "read", product, table, trace)
        found, position = await self._latest(sight, key, None)
        if found is None or self._shown(sight, found.body) is None:
            raise NotFound(f"{product}/{table} has no row {key!r} that you may see")
        return found, position

    # How a row is found

    async def _latest(self, sight: _Sight, key: str, at_least: Position | None) -> tuple[ViewRow | None, Position]:
        """The newest row of a key, from the view, and from the table for bulk batches that the view lacks."""
        if sight.table.layer != "silver":
            return await self._from_table(sight, key, at_least)
        view = KeyedView(sight.topic, self.house.state)
        cursor = await view.cursor()
        if at_least is not None and not cursor.at.covers(at_least):
            cursor = await self._until(view, at_least)
        found = await view.get(key)
        if not cursor.bulk:
            return found, cursor.at
        held, position = await self._from_table(sight, key, at_least)
        newest = max(filter(None, (found, held)), key=lambda row: (row.position, row.row), default=None)
        first_unseen = next((offset for offset in cursor.bulk if not position.covers(Position.at(offset + 1))), None)
        return newest, cursor.at if first_unseen is None else Position.at(first_unseen)

    async def _until(self, view: KeyedView, at_least: Position) -> Any:
        deadline = self.house.clock.monotonic() + PATIENCE
        while self.house.clock.monotonic() < deadline:
            cursor = await view.cursor()
            if cursor.at.covers(at_least):
                return cursor
            await asyncio.sleep(_POLL)
        raise _late(view.topic, at_least)

    async def _from_table(self, sight: _Sight, key: str, at_least: Position | None) -> tuple[ViewRow | None, Position]:
        snapshot = await self._snapshot(sight, at_least)
        position = _reflected(snapshot, sight)
        values = key_values(key)
        if len(values) != len(sight.table.key):
            return None, position
        shown = {name: f'"{name}"' for name in snapshot.schema.names}
        where = " AND ".join(f'CAST("{name}" AS VARCHAR) = ?' for name in sight.table.key)
        relation = Relation(snapshot=snapshot, columns=shown, where=where, params=values)
        answer = await self.house.engine.query("SELECT * FROM t", {"t": relation}, limit=1)
        if not answer.num_rows:
            return None, position
        body = canonical.encode(canonical.typed_rows(answer, sight.table.columns)[0], sight.table.columns)
        stamps = answer.select([name for name in ("_position", "_row", "_event_id") if name in answer.column_names])
        stamp = stamps.to_pylist()[0]
        return ViewRow(stamp.get("_position", 0), stamp.get("_row", 0), stamp.get("_event_id", ""), body), position

    def _shown(self, sight: _Sight, body: bytes) -> bytes | None:
        """A row's JSON as the caller may see it, or None if a row filter keeps it from them."""
        decision, columns = sight.decision, sight.table.columns
        if not decision.rows and not decision.masks:
            return body
        row = canonical.decode(body, columns)
        if decision.rows and not any(filters.keeps(self._filter(text, columns), row) for text in decision.rows):
            return None
        return canonical.encode(masks.masked_row(row, columns, decision.masks, self.house.salt), columns)

    def _filter(self, text: str, columns: tuple[Column, ...]) -> filters.Filter:
        return filters.bound(filters.parse(text), columns)

    def _relation(self, sight: _Sight, snapshot: Snapshot) -> Relation:
        decision, columns = sight.decision, sight.table.columns
        wheres: list[str] = []
        params: list[Any] = []
        for text in decision.rows:
            where, bound = filters.to_sql(self._filter(text, columns), columns)
            wheres.append(f"({where})")
            params.extend(bound)
        shown = masks.masked_sql(columns, decision.masks, self.house.salt)
        return Relation(snapshot=snapshot, columns=shown, where=" OR ".join(wheres), params=params)

    async def _snapshot(self, sight: _Sight, at_least: Position | None) -> Snapshot:
        """The latest version of a table, once it contains the position asked for."""
        deadline = self.house.clock.monotonic() + PATIENCE
        while True:
            snapshot = await self.house.tables.snapshot(sight.stored)
            if at_least is None or _reflected(snapshot, sight).covers(at_least):
                return snapshot
            if self.house.clock.monotonic() >= deadline:
                raise _late(sight.stored, at_least)
            await asyncio.sleep(_POLL)


def _reflected(snapshot: Snapshot, sight: _Sight) -> Position:
    return snapshot.positions.get(sight.topic, Position())


def _late(name: str, at_least: Position) -> Unavailable:
    return Unavailable(f"{name} has not reached position {at_least} yet", hint="ask again, or without Weft-Position")


def _check_page(question: Question) -> None:
    if question.page < 1 or not 1 <= question.size <= MAX_PAGE_SIZE:
        raise InvalidInput(
            f"page {question.page} of size {question.size} is out of range", hint=f"size is 1 to {MAX_PAGE_SIZE}"
        )


def rows_as_json(page: Page) -> list[msgspec.Raw]:
    """The rows of a page as canonical JSON."""
    return [msgspec.Raw(canonical.encode(row, page.columns)) for row in page.rows]


__all__ = ["Condition", "Door", "House", "Page", "Question", "Result", "Row", "key_text", "rows_as_json"]
