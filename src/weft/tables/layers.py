"""The layers of a table: what they are called, what columns they have, and checked rows as Arrow tables for each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import pyarrow as pa

from weft.model.row import Checked
from weft.ports.table_store import Layer

TIME = pa.timestamp("us", tz="UTC")

BRONZE = pa.schema(
    [
        pa.field("_event_id", pa.string()),
        pa.field("_ingestion_timestamp", TIME),
        pa.field("_source_system", pa.string()),
        pa.field("_source_file", pa.string()),
        pa.field("_source_offset", pa.int64()),
        pa.field("_position", pa.int64()),
        pa.field("_row", pa.int64()),
        pa.field("_good", pa.bool_()),
        pa.field("_raw", pa.binary()),
        pa.field("_ingestion_date", pa.date32()),
    ]
)
QUARANTINE = pa.schema(
    [
        pa.field("_event_id", pa.string()),
        pa.field("_position", pa.int64()),
        pa.field("_row", pa.int64()),
        pa.field("_quarantined_at", TIME),
        pa.field("_source_system", pa.string()),
        pa.field("_source_file", pa.string()),
        pa.field("_source_offset", pa.int64()),
        pa.field("contract", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("path", pa.string()),
        pa.field("message", pa.string()),
        pa.field("defects", pa.string()),
        pa.field("_raw", pa.binary()),
    ]
)
STAMPS = pa.schema(
    [
        pa.field("_event_id", pa.string()),
        pa.field("_position", pa.int64()),
        pa.field("_row", pa.int64()),
        pa.field("_received_at", TIME),
    ]
)
ORDER = ("_position", "_row")
"""Of two rows with one key, the one that is later in this order is kept."""


def table_name(product: str, table: str, layer: Layer) -> str:
    """The name of a layer in the table store."""
    return f"{product}/{table}/{layer}"


def topic_name(product: str, table: str) -> str:
    """The topic that a table's rows pass through."""
    return f"{product}/{table}"


def model_source(sql: str) -> str:
    """The source of a gold table's commits: with another SELECT it is another source, and what stands there is not served."""
    return f"model:{hashlib.sha256(sql.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A checked row and how it came: what bronze keeps beside the bytes."""

    checked: Checked
    event: str
    received: datetime
    source: str
    file: str = ""
    offset: int = 0
    position: int = -1
    row: int = 0
    contract: str = ""


def silver_schema(columns: pa.Schema) -> pa.Schema:
    """A contract's columns with the stamps that lineage and keep-latest need."""
    return pa.schema([*columns, *STAMPS])


def bronze_rows(arrivals: Sequence[Arrival]) -> pa.Table:
    """Every row as it was received, good or bad."""
    rows = [
        {
            "_event_id": arrival.event,
            "_ingestion_timestamp": arrival.received,
            "_source_system": arrival.source,
            "_source_file": arrival.file,
            "_source_offset": arrival.offset,
            "_position": arrival.position,
            "_row": arrival.row,
            "_good": arrival.checked.good,
            "_raw": arrival.checked.raw,
            "_ingestion_date": arrival.received.date(),
        }
        for arrival in arrivals
    ]
    return pa.Table.from_pylist(rows, schema=BRONZE)


def silver_rows(arrivals: Sequence[Arrival], columns: pa.Schema) -> pa.Table:
    """The good rows, typed."""
    rows = [
        {
            **arrival.checked.row,
            "_event_id": arrival.event,
            "_position": arrival.position,
            "_row": arrival.row,
            "_received_at": arrival.received,
        }
        for arrival in arrivals
        if arrival.checked.row is not None
    ]
    return pa.Table.from_pylist(rows, schema=silver_schema(columns))


def quarantine_rows(arrivals: Sequence[Arrival], at: datetime) -> pa.Table:
    """The bad rows with their reasons; the first defect stands in columns of its own."""
    rows = [
        {
            "_event_id": arrival.event,
            "_position": arrival.position,
            "_row": arrival.row,
            "_quarantined_at": at,
            "_source_system": arrival.source,
            "_source_file": arrival.file,
            "_source_offset": arrival.offset,
            "contract": arrival.contract,
            "rule": arrival.checked.defects[0].rule,
            "path": arrival.checked.defects[0].path,
            "message": arrival.checked.defects[0].message,
            "defects": msgspec.json.encode(arrival.checked.defects).decode(),
            "_raw": arrival.checked.raw,
        }
        for arrival in arrivals
        if arrival.checked.row is None
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)
