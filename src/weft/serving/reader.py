"""How a row is found: in the keyed view, and in the table for bulk batches that the view does not hold yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from weft.contracts import canonical
from weft.events.views import KeyedView, ViewRow
from weft.governance import filters
from weft.governance.audit import AuditTrail
from weft.model.errors import InvalidInput, NotFound, Unavailable
from weft.model.event import Position
from weft.model.key import key_of, key_values
from weft.model.mesh import Mesh
from weft.ports.clock import Clock
from weft.ports.engine import Engine, Relation
from weft.ports.event_log import EventLog
from weft.ports.state_store import StateStore
from weft.ports.table_store import Snapshot, TableStore
from weft.serving.selection import cast
from weft.serving.sight import Sight
from weft.tables.layers import model_source
from weft.telemetry.metrics import Metrics

PATIENCE = 5.0
"""Seconds that a reader waits for the position that it asked for."""
_POLL = 0.01
_MOMENT = 0.02


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
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True, slots=True)
class _Stand:
    """A view, and how far it had come a moment ago."""

    view: KeyedView
    at: Position
    bulk: tuple[int, ...]
    files: bool
    until: float


class Reader:
    """Finds rows and snapshots that reflect at least a position. Knows nothing of who asks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._stands: dict[str, _Stand] = {}

    async def latest(self, sight: Sight, key: str, at_least: Position | None) -> tuple[ViewRow | None, Position]:
        """The newest row of a key, unmasked, and the position that the answer reflects."""
        if sight.table.layer != "silver":
            return await self._from_table(sight, key, None)
        stand = self._stands.get(sight.topic)
        if stand is None or self.house.clock.monotonic() >= stand.until:
            stand = await self._stand(sight.topic)
        if at_least is not None and not stand.at.covers(at_least):
            stand = await self._until(sight.topic, at_least)
        found = await stand.view.get(key, files=stand.files)
        if not stand.bulk or (found is not None and found.position > max(stand.bulk)):
            return found, stand.at  # no batch that the view lacks could hold a newer row of this key
        owed = Position.at(min(stand.bulk))
        if found is not None and (at_least is None or owed.covers(at_least)):
            return found, owed  # as of before the batches that the view lacks: quick, and the answer says so
        held, position = await self._from_table(sight, key, at_least)
        newest = max(filter(None, (found, held)), key=lambda row: (row.position, row.row), default=None)
        unseen = next((offset for offset in stand.bulk if not position.covers(Position.at(offset + 1))), None)
        return newest, stand.at if unseen is None else Position.at(unseen)

    async def _stand(self, topic: str) -> _Stand:
        """How far a view has come. Believed for a moment: a row that is read later is at least as new as it says."""
        view = KeyedView(topic, self.house.state)
        cursor = await view.cursor()
        stand = _Stand(view, cursor.at, cursor.bulk, cursor.files, self.house.clock.monotonic() + _MOMENT)
        self._stands[topic] = stand
        return stand

    async def _until(self, topic: str, at_least: Position) -> _Stand:
        deadline = self.house.clock.monotonic() + PATIENCE
        while self.house.clock.monotonic() < deadline:
            stand = await self._stand(topic)
            if stand.at.covers(at_least):
                return stand
            await asyncio.sleep(_POLL)
        raise _late(topic, at_least)

    async def _from_table(self, sight: Sight, key: str, at_least: Position | None) -> tuple[ViewRow | None, Position]:
        snapshot = await self.snapshot(sight, at_least)
        position = reflected(snapshot, sight)
        relation = _one_row(sight, snapshot, key)
        if relation is None:
            return None, position
        answer = await self.house.engine.query("SELECT * FROM t", {"t": relation}, limit=1)
        rows = canonical.rows_of(answer, sight.table.columns)
        if not rows or key_of(rows[0], sight.table.key) != key:
            return None, position
        stamps = [name for name in ("_position", "_row", "_event_id") if name in answer.column_names]
        stamp = answer.select(stamps).to_pylist()[0]
        body = canonical.encode(rows[0], sight.table.columns)
        return ViewRow(stamp.get("_position", 0), stamp.get("_row", 0), stamp.get("_event_id", ""), body), position

    async def snapshot(self, sight: Sight, at_least: Position | None) -> Snapshot:
        """The latest version of a table, once it contains the position asked for."""
        deadline = self.house.clock.monotonic() + PATIENCE
        while True:
            snapshot = await self.house.tables.snapshot(sight.stored)
            _check_model(snapshot, sight)
            # Only silver stands in a topic's order; a gold table follows its inputs when its model runs.
            if at_least is None or sight.table.layer != "silver" or reflected(snapshot, sight).covers(at_least):
                return snapshot
            if self.house.clock.monotonic() >= deadline:
                raise _late(sight.stored, at_least)
            await asyncio.sleep(_POLL)


def _one_row(sight: Sight, snapshot: Snapshot, key: str) -> Relation | None:
    """The row of a key as a relation, or None if the text cannot be a key of this table."""
    values, columns = key_values(key), {column.name: column for column in sight.table.columns}
    if len(values) != len(sight.table.key):
        return None
    pairs = zip(sight.table.key, values, strict=True)
    try:
        terms = tuple(filters.Compare(name, "=", cast(columns[name], value)) for name, value in pairs)
        node = filters.bound(filters.Both(terms), sight.table.columns)
    except InvalidInput:
        return None
    where, params = filters.to_sql(node, sight.table.columns)
    return Relation(
        snapshot=snapshot, columns={name: f'"{name}"' for name in snapshot.schema.names}, where=where, params=params
    )


def reflected(snapshot: Snapshot, sight: Sight) -> Position:
    """How far a snapshot contains the table's topic."""
    return snapshot.positions.get(sight.topic, Position())


def _check_model(snapshot: Snapshot, sight: Sight) -> None:
    """A gold table is served only as today's SELECT made it: its classes were found for that one."""
    if sight.table.layer == "gold" and model_source(sight.table.sql) not in snapshot.positions:
        raise NotFound(
            f"{sight.stored} has not been computed since its model changed", hint="`weft run` computes it now"
        )


def _late(name: str, at_least: Position) -> Unavailable:
    return Unavailable(f"{name} has not reached position {at_least} yet", hint="ask again, or without Weft-Position")
