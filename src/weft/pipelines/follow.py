"""Keeps views up with the log: single rows within milliseconds, bulk batches behind them, a piece at a time."""

from __future__ import annotations

from weft.contracts import canonical
from weft.events.views import KeyedView, ViewRow
from weft.model.event import Position
from weft.model.key import key_of
from weft.model.product import Product, Table
from weft.pipelines.arrivals import projection
from weft.pipelines.workshop import Workshop
from weft.ports.engine import Relation
from weft.tables.layers import table_name, topic_name

_PIECE = 20_000
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
        columns = {name: f'"{name}"' for name in snapshot.schema.names}
        relation = Relation(snapshot=snapshot, columns=columns, where='"_position" = ?', params=[offset])
        after = -1
        while True:
            sql = "SELECT * FROM t WHERE _row > ? ORDER BY _row"
            piece = await self._workshop.engine.query(sql, {"t": relation}, params=[after], limit=_PIECE)
            if not piece.num_rows:
                break
            stamps = piece.select(["_position", "_row", "_event_id"]).to_pylist()
            rows = canonical.rows_of(piece, self._table.columns)
            await self.view.take_in(
                {
                    key_of(row, self._table.key): ViewRow(
                        stamp["_position"],
                        stamp["_row"],
                        stamp["_event_id"],
                        canonical.encode(row, self._table.columns),
                    )
                    for row, stamp in zip(rows, stamps, strict=True)
                }
            )
            after = stamps[-1]["_row"]
        await self.view.finish_bulk(offset)
        return True
