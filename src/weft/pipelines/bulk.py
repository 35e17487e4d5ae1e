"""Bulk files: straight to bronze, one event in the log for the whole file, then quarantine and silver in the log's order.

deliver: stage the file → bronze commit → log event. From there on the event leads: the refiner meets it in the log and asks
the shelf for what was staged. If the process that staged it is gone, the shelf judges the rows again, out of bronze.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from weft.contracts.columns import arrow_schema
from weft.contracts.formats import split_file
from weft.events.views import BULK_RECEIVED
from weft.model.errors import Corrupt
from weft.model.event import Event, Position, Record
from weft.model.product import Product, Table
from weft.pipelines.tell import Told, told_of_rows
from weft.pipelines.workshop import Workshop
from weft.ports.engine import Relation
from weft.ports.table_store import Append, Commit, Upsert, Write
from weft.tables.layers import ORDER, Arrival, bronze_rows, quarantine_rows, silver_rows, table_name, topic_name

_ROWS_NAMESPACE = uuid.UUID("6f7a3c1e-6a55-4d0b-9c39-9d3f7c0a5b11")
_START = Position()
_DONE = Position.at(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file on its way in. `id` names its source and content, so that the same file is taken once."""

    id: str
    path: Path
    name: str
    format: str
    source: str


class BulkEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of a bulk file."""

    file: str
    source: str
    contract: str
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A staged file once its place in the log is known."""

    quarantine: pa.Table
    silver: Write


class BulkShelf:
    """Takes files in, and keeps what was staged until the refiner comes for it."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._staged: dict[str, Sequence[Arrival]] = {}

    async def deliver(self, product: Product, table: Table, delivery: Delivery) -> Position:
        """Take a file in, once; the position at which its rows are readable."""
        topic, bronze = topic_name(product.name, table.name), table_name(product.name, table.name, "bronze")
        event_id = str(uuid.uuid5(_ROWS_NAMESPACE, f"{topic}/{delivery.id}"))
        source = f"bulk:{event_id}"
        received = self._workshop.clock.now()
        arrivals = await self._stage(product, table, delivery, event_id, received)
        commit = Commit(
            write=Append(rows=await asyncio.to_thread(bronze_rows, arrivals)), source=source, start=_START, next=_DONE
        )
        await self._workshop.tables.commit(bronze, commit)
        told = msgspec.structs.replace(
            told_of_rows(arrivals, self._workshop.contract(product, table), received), kind="bulk", file=delivery.name
        )
        label = arrivals[0].contract if arrivals else ""
        data = msgspec.json.encode(BulkEvent(file=delivery.name, source=delivery.source, contract=label, told=told))
        event = Event(id=event_id, type=BULK_RECEIVED, source=delivery.source, time=received, data=data)
        self._staged[event_id] = arrivals
        placed = await self._workshop.log.append(topic, [event], once=f"bulk:{delivery.id}", digest=event_id)
        if placed.repeated:
            self._staged.pop(event_id, None)
        return placed.next

    async def _stage(
        self, product: Product, table: Table, delivery: Delivery, event_id: str, received: datetime
    ) -> Sequence[Arrival]:
        contract = self._workshop.contract(product, table)
        label = f"{contract.contract.name}@{contract.contract.version}"

        def judge() -> list[Arrival]:
            rows = split_file(delivery.path, delivery.format, table.columns)
            return [
                Arrival(
                    checked=checked,
                    event=event_id,
                    received=received,
                    source=delivery.source,
                    file=delivery.name,
                    offset=i,
                    row=i,
                    contract=label,
                )
                for i, checked in enumerate(contract.check_many(rows))
            ]

        return await asyncio.to_thread(judge)

    async def take(self, record: Record, product: Product, table: Table) -> Settled:
        """The quarantine rows and the silver write of a bulk event, now that its place in the log is known."""
        arrivals = self._staged.get(record.event.id)
        if arrivals is None:
            arrivals = self._staged[record.event.id] = await self._from_bronze(record, product, table)
        settled = [replace(arrival, position=record.offset) for arrival in arrivals]
        rows = await asyncio.to_thread(silver_rows, settled, arrow_schema(table.columns))
        return Settled(
            quarantine=quarantine_rows(settled, self._workshop.clock.now()),
            silver=Upsert(rows=rows, key=table.key, order=ORDER) if table.key else Append(rows=rows),
        )

    async def _from_bronze(self, record: Record, product: Product, table: Table) -> Sequence[Arrival]:
        """Judge the rows of a file anew, from the bytes that bronze kept."""
        snapshot = await self._workshop.tables.snapshot(table_name(product.name, table.name, "bronze"))
        columns = {name: f'"{name}"' for name in snapshot.schema.names}
        relation = Relation(snapshot=snapshot, columns=columns, where='"_event_id" = ?', params=[record.event.id])
        rows = await self._workshop.engine.query("SELECT * FROM t ORDER BY _row", {"t": relation}, seconds=600)
        told = msgspec.json.decode(record.event.data, type=BulkEvent)
        if rows.num_rows != told.told.measured.rows:
            raise Corrupt(
                f"bronze holds {rows.num_rows} of the {told.told.measured.rows} rows of {told.file}",
                hint="run `weft doctor`",
            )
        contract = self._workshop.contract(product, table)
        return [
            Arrival(
                checked=contract.check(row["_raw"]),
                event=record.event.id,
                received=row["_ingestion_timestamp"],
                source=row["_source_system"],
                file=row["_source_file"],
                offset=row["_source_offset"],
                row=row["_row"],
                contract=told.contract,
            )
            for row in rows.to_pylist()
        ]

    def drop(self, record: Record) -> None:
        """Forget what was staged: every layer has it."""
        self._staged.pop(record.event.id, None)
