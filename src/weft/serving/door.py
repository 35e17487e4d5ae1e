"""The one door for reading: every port asks here, so that none can forget a policy.

Each question goes the same way: find the table, decide, wait for the position asked for, read, filter, mask, answer with
the position that the answer reflects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from weft.catalog.trail import Step, Whereabouts, trail
from weft.contracts import canonical
from weft.events.views import ViewRow
from weft.governance.decide import decide
from weft.model.column import Column
from weft.model.errors import Denied, InvalidInput, NotFound
from weft.model.event import Position
from weft.model.mesh import Mesh
from weft.model.principal import Access, Decision, Permission, Principal
from weft.model.product import Product
from weft.model.question import Question
from weft.ports.engine import Relation
from weft.ports.table_store import Snapshot
from weft.serving.reader import House, Reader, reflected
from weft.serving.selection import Selection, check_page, select_rows
from weft.serving.sight import Judged, Sight
from weft.serving.statement import find_tables
from weft.tables.layers import QUARANTINE, table_name

_MOST_JUDGED = 10_000


class Row(msgspec.Struct, frozen=True):
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


class Door:
    """Answers questions about data, for a principal."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._reader = Reader(house)
        self._mesh: Mesh | None = None
        self._judged: dict[tuple[object, ...], Judged] = {}

    # Who may see what

    def product(self, name: str) -> Product:
        """A product by name."""
        return self.house.mesh().known(name)

    def allow(self, who: Principal, action: Permission, product: str, table: str = "", *, trace: str = "") -> Decision:
        """Decide, note the decision in the audit trail, and raise Denied if it is a no."""
        return self._ask(who, action, product, table, trace).decision

    def _ask(self, who: Principal, action: Permission, product: str, table: str, trace: str) -> Judged:
        judged = self._judge(who, action, product, table)
        self.house.audit.record(judged.request, judged.decision, trace)
        self.house.metrics.decided(action, allowed=judged.decision.allowed)
        if not judged.decision.allowed:
            raise Denied(f"{who.id} may not {action} {product}", hint=judged.decision.hint)
        if table and judged.sight is None:
            known = ", ".join(other.name for other in judged.product.tables)
            raise NotFound(f"{product} has no table {table!r}", hint=f"it has {known}")
        return judged

    def _judge(self, who: Principal, action: Permission, product: str, table: str) -> Judged:
        """The decision, kept as long as the mesh stays the same: one object, so an apply forgets all of them at once."""
        mesh = self.house.mesh()
        if mesh is not self._mesh or len(self._judged) >= _MOST_JUDGED:
            self._mesh, self._judged = mesh, {}
        asked = (who.id, who.roles, who.operator, action, product, table)
        found = self._judged.get(asked)
        if found is None:
            found = self._judged[asked] = self._judge_anew(who, action, product, table, mesh)
        return found

    def _judge_anew(self, who: Principal, action: Permission, product: str, table: str, mesh: Mesh) -> Judged:
        found = self.product(product)
        shape = found.table(table) if table else None
        request = Access(principal=who, action=action, product=product, table=table)
        decision = decide(request, found, shape.columns if shape else (), mesh.policies)
        sight = Sight.of(found, shape, decision, self.house.salt) if shape and decision.allowed else None
        return Judged(request=request, decision=decision, product=found, sight=sight)

    def look(self, who: Principal, action: Permission, product: str, table: str, *, trace: str = "") -> Sight:
        """The same for one table, and what of it may be seen: for ports that read a question only once it is allowed."""
        sight = self._ask(who, action, product, table, trace).sight
        if sight is None:
            raise InvalidInput("no table is named", hint=f"write {product}/TABLE")
        return sight

    # Questions

    async def get(
        self, who: Principal, product: str, table: str, key: str, *, at_least: Position | None = None, trace: str = ""
    ) -> Row:
        """The row of a key; NotFound if there is none that the caller may see."""
        sight = self.look(who, "read", product, table, trace=trace)
        found, position = await self._latest(sight, key, at_least)
        body = None if found is None else sight.shown(found.body)
        if body is None:
            raise NotFound(f"{product}/{table} has no row {key!r} that you may see")
        return Row(body, position)

    async def trail(self, who: Principal, product: str, table: str, key: str, *, trace: str = "") -> list[Step]:
        """The lineage of a row that the caller may see: from the answer back to the request that brought it."""
        sight = self.look(who, "read", product, table, trace=trace)
        found, position = await self._latest(sight, key, None)
        body = None if found is None else sight.shown(found.body)
        if found is None or body is None:
            raise NotFound(f"{product}/{table} has no row {key!r} that you may see")
        record = Whereabouts(
            topic=sight.topic,
            silver=sight.stored,
            bronze=table_name(product, table, "bronze"),
            key=key,
            body=body.decode(),
            event=found.event,
            position=found.position,
            row=found.row,
            reflected=str(position),
            unmasked=not sight.decision.masks,
        )
        return await trail(record, log=self.house.log, tables=self.house.tables, engine=self.house.engine)

    async def _latest(self, sight: Sight, key: str, at_least: Position | None) -> tuple[ViewRow | None, Position]:
        if not sight.table.key:
            raise InvalidInput(f"{sight.product.name}/{sight.table.name} has no key", hint="list it, or search it")
        if hidden := [name for name in sight.table.key if sight.decision.masks.get(name, "none") != "none"]:
            # Whether a row of this key exists would tell the value behind the mask.
            raise Denied(f"the key {', '.join(hidden)} is masked for you", hint="list or search the other columns")
        return await self._reader.latest(sight, key, at_least)

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
        return await self.find_in(self.look(who, "read", product, table, trace=trace), question, at_least=at_least)

    async def find_in(self, sight: Sight, question: Question, *, at_least: Position | None = None) -> Page:
        """The same for a caller whose sight of the table was asked for before."""
        selection = select_rows(sight.table, question)
        snapshot = await self._reader.snapshot(sight, at_least)
        relations = {"t": sight.relation(snapshot)}
        answer = await self.house.engine.query(selection.page, relations, params=selection.params)
        total = (question.page - 1) * question.size + answer.num_rows
        if answer.num_rows == question.size or (answer.num_rows == 0 and question.page > 1):
            total = await self._total(sight, question, snapshot, selection)
        return Page(
            rows=canonical.rows_of(answer, sight.table.columns),
            columns=sight.table.columns,
            page=question.page,
            size=question.size,
            total=total,
            position=reflected(snapshot, sight),
        )

    async def _total(self, sight: Sight, question: Question, snapshot: Snapshot, selection: Selection) -> int:
        """How many rows there are in all, for a page that does not tell by itself."""
        if sight.kept is None and not question.conditions and not question.text:
            return snapshot.rows
        relations = {"t": sight.relation(snapshot)}
        counted = await self.house.engine.query(selection.count, relations, params=selection.params)
        return counted.column("n")[0].as_py()

    async def query(
        self,
        who: Principal,
        sql: str,
        *,
        limit: int | None = None,
        at_least: Position | Mapping[str, Position] | None = None,
        trace: str = "",
    ) -> Result:
        """The answer to one SELECT over `product.table`s, each as the caller may see it, and at least at the position
        asked for: one for all of them, or one by topic.
        """
        relations: dict[str, Relation] = {}
        positions: dict[str, Position] = {}
        for spelled, product, table in find_tables(sql, self.house.mesh()):
            sight = self.look(who, "read", product, table, trace=trace)
            wanted = at_least.get(sight.topic) if isinstance(at_least, Mapping) else at_least
            snapshot = await self._reader.snapshot(sight, wanted)
            relations[spelled] = sight.relation(snapshot)
            positions[sight.topic] = reflected(snapshot, sight)
        rows = await self.house.engine.query(sql, relations, limit=limit)
        return Result(rows=rows, positions=positions)

    async def quarantined(
        self, who: Principal, product: str, table: str, *, page: int = 1, size: int = 20, trace: str = ""
    ) -> Page:
        """Rows that broke their contract, newest first: for those who may write the product, since the bytes are raw."""
        sight = self.look(who, "write", product, table, trace=trace)
        check_page(Question(page=page, size=size))
        snapshot = await self.house.tables.snapshot(table_name(product, table, "quarantine"))
        columns = {name: f'"{name}"' for name in QUARANTINE.names}
        sql = f"SELECT * FROM t ORDER BY _position DESC, _row DESC LIMIT {size} OFFSET {(page - 1) * size}"  # noqa: S608 - two checked integers
        answer = await self.house.engine.query(sql, {"t": Relation(snapshot=snapshot, columns=columns)})
        return Page(
            rows=answer.to_pylist(),
            columns=(),
            page=page,
            size=size,
            total=snapshot.rows,
            position=reflected(snapshot, sight),
        )


def rows_as_json(page: Page) -> list[msgspec.Raw]:
    """The rows of a page as canonical JSON."""
    return [msgspec.Raw(canonical.encode(row, page.columns)) for row in page.rows]
