"""Gold tables: one SELECT over other tables, computed anew when any of them has a new version."""

from __future__ import annotations

import msgspec

from weft.model.errors import NotFound
from weft.model.event import Position
from weft.model.ledger import Run, run_space
from weft.model.product import Product, Table
from weft.pipelines.workshop import Workshop
from weft.ports.engine import Relation
from weft.ports.state_store import Put
from weft.ports.table_store import Commit, Replace, Snapshot
from weft.tables.layers import model_source, table_name


class Model:
    """Keeps one gold table up with its inputs."""

    def __init__(self, workshop: Workshop, product: Product, table: Table, inputs: tuple[tuple[str, str], ...]) -> None:
        self._workshop = workshop
        self._product = product
        self._table = table
        self._inputs = inputs
        """Each table as the model spells it, with its name in the table store."""
        self.name = table_name(product.name, table.name, "gold")
        self._source = model_source(table.sql)

    async def refresh(self) -> bool:
        """Compute the table if an input moved since; whether it did."""
        try:
            snapshots = {spelled: await self._workshop.tables.snapshot(stored) for spelled, stored in self._inputs}
        except NotFound:
            return False
        # The n-th input's version stands as the offset of partition n.
        now = Position.of({i: snapshot.version + 1 for i, snapshot in enumerate(snapshots.values())})
        before = await self._position()
        if before is not None and before.covers(now):
            return False
        began, started = self._workshop.clock.monotonic(), self._workshop.clock.now()
        sql = self._workshop.engine.translate(self._table.sql)
        rows = await self._workshop.engine.query(
            sql, {name: _whole(snapshot) for name, snapshot in snapshots.items()}, seconds=600
        )
        if before is None:
            await self._workshop.tables.create(self.name, rows.schema)
        await self._workshop.tables.commit(
            self.name, Commit(write=Replace(rows=rows), source=self._source, start=before or Position(), next=now)
        )
        run = Run(
            id=self._workshop.ids.new(),
            kind="model",
            table=self._table.name,
            started=started.isoformat(),
            seconds=round(self._workshop.clock.monotonic() - began, 4),
            received=sum(snapshot.rows for snapshot in snapshots.values()),
            good=rows.num_rows,
        )
        await self._workshop.state.commit(
            [Put(run_space(self._product.name), run.id, msgspec.json.encode(run))], relaxed=True
        )
        return True

    async def _position(self) -> Position | None:
        try:
            return (await self._workshop.tables.snapshot(self.name)).positions.get(self._source, Position())
        except NotFound:
            return None


def _whole(snapshot: Snapshot) -> Relation:
    """Every declared column, unmasked: what flows into a model keeps its class, and is masked when the model is read."""
    return Relation(
        snapshot=snapshot, columns={name: f'"{name}"' for name in snapshot.schema.names if not name.startswith("_")}
    )
