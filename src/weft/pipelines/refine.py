"""From the log to the tables: bronze, quarantine, silver, and what the batch measured, each exactly once.

Each layer's commit carries the log position that it contains. After a kill, every layer goes on from its own position, so
it does not matter between which two steps the kill came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile

import msgspec

from weft.contracts.columns import arrow_schema
from weft.contracts.validator import CompiledContract
from weft.events.views import BULK_RECEIVED
from weft.model.errors import WeftError
from weft.model.event import Position, Record
from weft.model.ledger import STATS, Stats
from weft.model.product import Product, Table
from weft.pipelines.arrivals import arrivals
from weft.pipelines.files import BulkEvent, BulkShelf
from weft.pipelines.tell import tell, told_of_rows
from weft.pipelines.workshop import Workshop
from weft.ports.table_store import Append, Commit, Layer, Upsert, Write
from weft.tables.layers import (
    BRONZE,
    ORDER,
    QUARANTINE,
    Arrival,
    bronze_rows,
    quarantine_rows,
    silver_rows,
    silver_schema,
    table_name,
    topic_name,
)

_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records on their way into the layers: from `start` up to `next`, either single rows or one bulk batch."""

    start: Position
    next: Position
    records: Sequence[Record]
    began: float
    arrivals: Sequence[Arrival] = ()

    @property
    def bulk(self) -> Record | None:
        """The bulk record, if this is one."""
        return self.records[0] if self.records[0].event.type == BULK_RECEIVED else None


Stage = Callable[[Batch], Awaitable[None]]


class Refiner:
    """Moves one table's topic into its layers. One at a time works on a table; who starts it sees to that."""

    def __init__(self, workshop: Workshop, product: Product, table: Table, shelf: BulkShelf) -> None:
        self._workshop = workshop
        self._product = product
        self._table = table
        self._shelf = shelf
        self._columns = arrow_schema(table.columns)
        self._at: dict[str, Position] = {}
        self.topic = topic_name(product.name, table.name)
        self.stages: tuple[Stage, ...] = (self._bronze, self._quarantine, self._silver, self._tell)

    async def prepare(self) -> None:
        """See to it that the layers exist, and find out how far each has come."""
        tables = self._workshop.tables
        await tables.create(self._name("bronze"), BRONZE, partition_by=("_ingestion_date",), append_only=True)
        await tables.create(self._name("quarantine"), QUARANTINE)
        await tables.create(self._name("silver"), silver_schema(self._columns))
        layers: tuple[Layer, ...] = ("bronze", "quarantine", "silver")
        at: dict[str, Position] = {}
        for layer in layers:
            snapshot = await tables.snapshot(self._name(layer))
            at[layer] = snapshot.positions.get(self.topic, Position())
        stats = await self._workshop.state.get(STATS, self.topic)
        at["told"] = Position() if stats is None else Position.parse(msgspec.json.decode(stats, type=Stats).position)
        self._at = at

    @property
    def at(self) -> Position:
        """How far every layer has come."""
        return reduce(Position.meet, self._at.values())

    async def wait(self, seconds: float) -> bool:
        """Sleep until the log holds more than the layers; False if it did not in time."""
        if not self._at:
            await self.prepare()
        return await self._workshop.log.wait(self.topic, self.at, seconds=seconds)

    async def advance(self) -> int:
        """Move one batch on; the number of records that it held."""
        if not self._at:
            await self.prepare()
        start = self.at
        records = await self._workshop.log.read(self.topic, start, limit=_BATCH)
        if not records:
            return 0
        singles = list(takewhile(lambda record: record.event.type != BULK_RECEIVED, records))
        taken = singles or [records[0]]
        batch = Batch(
            start=start,
            next=reduce(Position.after, taken, start),
            records=taken,
            began=self._workshop.clock.monotonic(),
            arrivals=arrivals(singles, self._contract()),
        )
        try:
            for stage in self.stages:
                await stage(batch)
        except WeftError:
            self._at = {}  # what was committed before the failure is found out anew
            if batch.bulk is not None:
                self._shelf.drop(batch.bulk)  # its files may be half adopted: bronze has the rows
            raise
        return len(taken)

    async def _bronze(self, batch: Batch) -> None:
        rows = bronze_rows(self._due("bronze", batch))
        await self._commit("bronze", batch, Append(rows=rows))

    async def _quarantine(self, batch: Batch) -> None:
        if batch.bulk is not None:
            rows = (await self._shelf.take(batch.bulk, self._product, self._table)).quarantine
        else:
            rows = quarantine_rows(self._due("quarantine", batch), self._workshop.clock.now())
        await self._commit("quarantine", batch, Append(rows=rows))

    async def _silver(self, batch: Batch) -> None:
        if batch.bulk is not None:
            write = (await self._shelf.take(batch.bulk, self._product, self._table)).silver
        else:
            rows = silver_rows(self._due("silver", batch), self._columns)
            write = Upsert(rows=rows, key=self._table.key, order=ORDER) if self._table.key else Append(rows=rows)
        await self._commit("silver", batch, write)

    async def _tell(self, batch: Batch) -> None:
        if self._at["told"].covers(batch.next):
            return
        if batch.bulk is not None:
            told = msgspec.json.decode(batch.bulk.event.data, type=BulkEvent).told
        else:
            told = told_of_rows(self._due("told", batch), self._contract(), self._workshop.clock.now())
        seconds = self._workshop.clock.monotonic() - batch.began
        await tell(self._workshop, self._product, self._table, told, batch.next, seconds=seconds)
        self._at["told"] = batch.next
        if batch.bulk is not None:
            self._shelf.drop(batch.bulk)

    def _due(self, layer: str, batch: Batch) -> list[Arrival]:
        """The part of a batch that a layer does not have yet."""
        at = self._at[layer]
        return [arrival for arrival in batch.arrivals if arrival.position >= at.next()]

    async def _commit(self, layer: Layer, batch: Batch, write: Write) -> None:
        if self._at[layer].covers(batch.next):
            return
        commit = Commit(write=write, source=self.topic, start=self._at[layer], next=batch.next)
        await self._workshop.tables.commit(self._name(layer), commit)
        self._at[layer] = batch.next

    def _contract(self) -> CompiledContract:
        return self._workshop.contract(self._product, self._table)

    def _name(self, layer: Layer) -> str:
        return table_name(self._product.name, self._table.name, layer)
