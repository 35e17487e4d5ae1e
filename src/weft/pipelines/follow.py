"""Keeps views up with the log: single rows within milliseconds, bulk batches behind them, a piece at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pyarrow as pa

from weft.contracts import canonical
from weft.events.views import KeyedView, ViewRow
from weft.model.event import Position
from weft.model.key import key_of
from weft.model.product import Product, Table
from weft.pipelines.arrivals import projection
from weft.pipelines.workshop import Workshop
from weft.ports.engine import Relation
from weft.ports.table_store import Snapshot
from weft.tables.layers import table_name, topic_name

_PIECE = 100_000
_COMMIT = 2_000
"""Rows of a bulk batch that enter the view in one commit: few, since single rows wait while it is written."""
_PATIENCE = 1.0


class Follower:
    """Moves one table's view."""

    def __init__(self, workshop: Workshop, product: Product, table: Table) -> None:
        self._workshop = workshop
        self._product = product
        self._table = table
        self.topic = topic_name(product.name, table.name)
        self.view = KeyedView(self.topic, workshop.state)

    async def advance(self) -> bool:
        """Take in one batch of what is new; whether there was anything."""
        before = (await self.view.cursor()).at
        contract = self._workshop.contract(self._product, self._table)
        return await self.view.advance(self._workshop.log, projection(self._table, contract)) != before

    async def wait(self) -> None:
        """Sleep until there is something new, or for a moment."""
        cursor = await self.view.cursor()
        await self._workshop.log.wait(self.topic, cursor.at, seconds=_PATIENCE)

    async def take_in_bulk(self) -> bool:
        """Take a bulk batch that silver holds already into the view; whether there was one."""
        if not self._table.key:
            return False
        cursor = await self.view.cursor()
        snapshot = await self._workshop.tables.snapshot(table_name(self._product.name, self._table.name, "silver"))
        held = snapshot.positions.get(self.topic, Position())
        offset = next((offset for offset in cursor.bulk if held.covers(Position.at(offset + 1))), None)
        if offset is None:
            return False
        await self._take_in(offset, snapshot)
        await self.view.finish_bulk(offset)
        return True

    async def _take_in(self, offset: int, snapshot: Snapshot) -> None:
        """All rows of a bulk batch, a piece at a time, in the order of their keys: the state store takes that fastest."""
        columns = {name: f'"{name}"' for name in snapshot.schema.names}
        relation = Relation(snapshot=snapshot, columns=columns, where='"_position" = ?', params=[offset])
        keys = ", ".join(f'"{name}"' for name in self._table.key)
        marks = ", ".join("?" for _ in self._table.key)
        after: list[Any] = []
        while True:
            beyond = f"WHERE ({keys}) > ({marks})" if after else ""
            sql = f"SELECT * FROM t {beyond} ORDER BY {keys}"  # noqa: S608 - declared names, bound values
            piece = await self._workshop.engine.query(sql, {"t": relation}, params=after, limit=_PIECE, seconds=600)
            if not piece.num_rows:
                return
            for begin in range(0, piece.num_rows, _COMMIT):
                await self.view.take_in(await asyncio.to_thread(self._rows, piece.slice(begin, _COMMIT)))
            after = [piece.column(name)[-1].as_py() for name in self._table.key]

    def _rows(self, piece: pa.Table) -> dict[str, ViewRow]:
        table = self._table
        positions, numbers, events = (piece.column(name).to_pylist() for name in ("_position", "_row", "_event_id"))
        rows = canonical.rows_of(piece, table.columns)
        return {
            key_of(row, table.key): ViewRow(position, number, event, canonical.encode(row, table.columns))
            for row, position, number, event in zip(rows, positions, numbers, events, strict=True)
        }
