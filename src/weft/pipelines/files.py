"""Bulk files: straight to bronze, one event in the log for the whole file, then quarantine and silver in the log's order.

deliver: judge and stage the file → bronze commit → log event. From there on the event leads: the refiner meets it in the log
and asks the shelf for what was staged. If the process that staged it is gone, the rows are judged again, out of bronze.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from weft.contracts.clean import STEPS
from weft.contracts.columns import arrow_schema
from weft.contracts.formats import Format, split_file
from weft.contracts.quality import CLOCK_SKEW, Measured, event_times
from weft.contracts.validator import parsed
from weft.events.views import BULK_RECEIVED
from weft.model.errors import Corrupt, InvalidInput
from weft.model.event import Event, Position, Record
from weft.model.product import Product, Table
from weft.pipelines.columnar.reader import BulkReader, Rules
from weft.pipelines.columnar.rows import Piece, listed, pieces
from weft.pipelines.columnar.staged import Load, Staged
from weft.pipelines.tell import Told
from weft.pipelines.workshop import Workshop
from weft.ports.engine import Relation
from weft.ports.table_store import Commit, Write
from weft.tables.layers import BRONZE, ORDER, QUARANTINE, silver_schema, table_name, topic_name

_FILES = uuid.UUID("6f7a3c1e-6a55-4d0b-9c39-9d3f7c0a5b11")
"""Names the events of files: one file content of one source has one event id, in every process and for ever."""
_START, _DONE = Position(), Position.at(1)
_PIECE_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file on its way in. `id` names its source and content, so that the same file is taken once."""

    id: str
    path: Path
    name: str
    format: Format
    source: str
    principal: str = ""
    """Who handed the file in; empty for an inbox, which cannot know."""


class BulkEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of a bulk file."""

    file: str
    source: str
    contract: str
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A staged file now that its place in the log is known."""

    quarantine: pa.Table
    silver: Write


class BulkShelf:
    """Takes files in, and keeps what was staged until the refiner comes for it."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._reader = BulkReader()
        self._staged: dict[str, Staged] = {}
        self._settled: dict[str, Settled] = {}

    async def deliver(self, product: Product, table: Table, delivery: Delivery) -> Position:
        """Take a file in, once; the position at which its rows are readable."""
        topic = topic_name(product.name, table.name)
        event_id = str(uuid.uuid5(_FILES, f"{topic}/{delivery.id}"))
        received = self._workshop.clock.now()
        staged = await self._stage(product, table, delivery, event_id, received)
        figures = staged.figures
        if staged.bad and table.on_invalid == "reject":
            await asyncio.to_thread(staged.discard)
            line, first = min(staged.bad, key=lambda pair: pair[0])
            defect = first.defects[0]
            raise InvalidInput(
                f"{len(staged.bad)} of {figures.rows} rows break {table.contract}",
                hint=f"line {line}: {defect.path or '/'} {defect.message}",
            )
        measured = Measured(
            rows=figures.rows, good=figures.good, present=figures.present, wanted=figures.wanted, newest=figures.newest
        )
        commit = Commit(write=staged.bronze, source=f"bulk:{event_id}", start=_START, next=_DONE)
        await self._workshop.tables.commit(table_name(product.name, table.name, "bronze"), commit)
        told = Told(measured=measured, received=received, kind="bulk", file=delivery.name)
        about = BulkEvent(file=delivery.name, source=delivery.source, contract=self._label(product, table), told=told)
        event = Event(
            id=event_id,
            type=BULK_RECEIVED,
            source=delivery.source,
            time=received,
            data=msgspec.json.encode(about),
            headers={
                "contract": about.contract,
                "principal": delivery.principal or delivery.source,
                "file": delivery.name,
            },
        )
        self._staged.setdefault(event_id, staged)
        placed = await self._workshop.log.append(topic, [event], once=f"bulk:{delivery.id}", digest=event_id)
        if placed.repeated or self._staged.get(event_id) is not staged:
            await asyncio.to_thread(staged.discard)
            if self._staged.get(event_id) is staged:
                self._forget(event_id)
        return placed.next

    async def _stage(
        self, product: Product, table: Table, delivery: Delivery, event_id: str, received: datetime
    ) -> Staged:
        found = _pieces_of(delivery, table)
        load = self._load(product, table, event_id, received, delivery.source, delivery.name)
        return await self._reader.stage(found, self._rules(product, table, received), load)

    async def take(self, record: Record, product: Product, table: Table) -> Settled:
        """The quarantine rows and the silver write of a bulk event, now that its place in the log is known."""
        name = record.event.id
        if name not in self._settled:
            staged = self._staged.get(name)
            if staged is None:
                staged = self._staged[name] = await self._from_bronze(record, product, table)
            self._settled[name] = Settled(
                quarantine=staged.quarantine(record.offset, self._workshop.clock.now()),
                silver=await staged.silver(record.offset, table.key, ORDER),
            )
            staged.release()
        return self._settled[name]

    async def _from_bronze(self, record: Record, product: Product, table: Table) -> Staged:
        """Judge the rows of a file anew, from the bytes that bronze kept."""
        event, about = record.event, msgspec.json.decode(record.event.data, type=BulkEvent)
        snapshot = await self._workshop.tables.snapshot(table_name(product.name, table.name, "bronze"))
        relation = Relation(
            snapshot=snapshot,
            columns={"line": '"_source_offset"', "raw": '"_raw"'},
            where='"_event_id" = ?',
            params=[event.id],
        )
        loop = asyncio.get_running_loop()

        def read() -> Iterator[Piece]:
            after = 0
            while True:
                sql = "SELECT line, raw FROM t WHERE line > ? ORDER BY line"
                asked = self._workshop.engine.query(
                    sql, {"t": relation}, params=[after], limit=_PIECE_ROWS, seconds=600
                )
                rows = asyncio.run_coroutine_threadsafe(asked, loop).result()
                if not rows.num_rows:
                    return
                numbers = rows.column("line").combine_chunks()
                yield Piece(raw=rows.column("raw").combine_chunks(), numbers=numbers)
                after = numbers[-1].as_py()

        load = self._load(product, table, event.id, event.time, event.source, about.file)
        staged = await self._reader.stage(read(), self._rules(product, table, event.time), load)
        if staged.figures.rows != about.told.measured.rows:
            await asyncio.to_thread(staged.discard)
            raise Corrupt(
                f"bronze holds {staged.figures.rows} of the {about.told.measured.rows} rows of {about.file}",
                hint="run `weft doctor`",
            )
        return staged

    async def close(self) -> None:
        """Give up what is staged, and let go of the threads."""
        for name in list(self._staged):
            self._forget(name)
        await self._reader.close()

    def drop(self, record: Record) -> None:
        """Forget what was staged: every layer has it."""
        self._forget(record.event.id)

    def _forget(self, name: str) -> None:
        self._settled.pop(name, None)
        if staged := self._staged.pop(name, None):
            staged.discard()

    def _rules(self, product: Product, table: Table, received: datetime) -> Rules:
        contract, engine = self._workshop.contract(product, table), self._workshop.engine
        types, until = arrow_schema(table.columns), received + CLOCK_SKEW
        return Rules(
            schema=parsed(contract.contract.schema),
            columns=table.columns,
            types=types,
            judge=contract.check_many,
            read=lambda lines: engine.read_json(lines, types),
            count=lambda checked: contract.count(checked, until=until),
            clean={path: tuple(STEPS[step] for step in steps) for path, steps in table.clean.items()},
            key=table.key,
            times=event_times(table.columns),
            until=until,
        )

    def _load(self, product: Product, table: Table, event_id: str, received: datetime, source: str, file: str) -> Load:
        tables = self._workshop.tables
        return Load(
            event=event_id,
            received=received,
            source=source,
            file=file,
            contract=self._label(product, table),
            bronze=BRONZE,
            silver=silver_schema(arrow_schema(table.columns)),
            quarantine=QUARANTINE,
            bronze_staging=Path(tables.staging(table_name(product.name, table.name, "bronze"))),
            silver_staging=Path(tables.staging(table_name(product.name, table.name, "silver"))),
        )

    def _label(self, product: Product, table: Table) -> str:
        contract = self._workshop.contract(product, table).contract
        return f"{contract.name}@{contract.version}"


def _pieces_of(delivery: Delivery, table: Table) -> Iterator[Piece]:
    if delivery.format == "ndjson":
        return pieces(delivery.path)
    rows = split_file(delivery.path, delivery.format, table.columns)
    if not rows:
        raise InvalidInput("the file holds no rows")
    starts = range(0, len(rows), _PIECE_ROWS)
    return (listed(rows[start : start + _PIECE_ROWS], start + 1) for start in starts)
