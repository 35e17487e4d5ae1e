"""The trail of one record: from the answer back through silver, bronze and the log to the request that brought it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from weft.model.errors import NotFound
from weft.model.event import Position, Record
from weft.ports.engine import Engine, Relation
from weft.ports.event_log import EventLog
from weft.ports.table_store import Snapshot, TableStore

_MOST_RAW = 4096


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One place on the way."""

    kind: Literal["answer", "silver", "bronze", "log", "request"]
    label: str
    detail: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A record's stamp: which event brought it, and where that stands; and the names of the places to look at."""

    topic: str
    silver: str
    bronze: str
    key: str
    body: str
    """The record as its reader may see it."""
    event: str
    position: int
    row: int
    reflected: str
    unmasked: bool
    """Whether the reader may see the bytes as they came in."""


async def trail(record: Whereabouts, *, log: EventLog, tables: TableStore, engine: Engine) -> list[Step]:
    """The steps, the answer first. A step that cannot be seen (yet, or any more) says so in its place."""
    found = await log.read(record.topic, Position.at(record.position), limit=1)
    event = found[0] if found and found[0].offset == record.position and found[0].event.id == record.event else None
    return [
        _answer(record),
        await _silver(record, tables),
        await _bronze(record, tables, engine),
        _log(record, event),
        _request(event),
    ]


def _answer(record: Whereabouts) -> Step:
    detail = {"key": record.key, "row": record.body, "position": record.reflected}
    return Step(kind="answer", label="What you see", detail=detail)


async def _silver(record: Whereabouts, tables: TableStore) -> Step:
    snapshot = await _snapshot(tables, record.silver)
    stands = {"table": record.silver, "position": str(record.position), "row": str(record.row)}
    if snapshot is None or not snapshot.positions.get(record.topic, Position()).covers(
        Position.at(record.position + 1)
    ):
        return Step(kind="silver", label="In the view, on its way to the table", detail=stands)
    detail = {**stands, "version": str(snapshot.version), "contains": str(snapshot.positions[record.topic])}
    return Step(kind="silver", label=f"Version {snapshot.version} of the table", detail=detail)


async def _bronze(record: Whereabouts, tables: TableStore, engine: Engine) -> Step:
    snapshot = await _snapshot(tables, record.bronze)
    answer = None
    if snapshot is not None:
        columns = {name: f'"{name}"' for name in snapshot.schema.names}
        relation = Relation(
            snapshot=snapshot,
            columns=columns,
            where='"_event_id" = ? AND "_row" = ?',
            params=[record.event, record.row],
        )
        answer = await engine.query("SELECT * FROM t", {"t": relation}, limit=1)
    if snapshot is None or answer is None or not answer.num_rows:
        return Step(kind="bronze", label="On its way to bronze", detail={"table": record.bronze})
    row = answer.to_pylist()[0]
    raw: bytes = row["_raw"]
    detail = {
        "table": record.bronze,
        "version": str(snapshot.version),
        "file": row["_source_file"] or "",
        "offset": str(row["_source_offset"]),
        "source": row["_source_system"] or "",
        "received": row["_ingestion_timestamp"].isoformat(),
        "bytes": str(len(raw)),
    }
    if record.unmasked:
        detail["raw"] = raw[:_MOST_RAW].decode("utf-8", "replace")
    return Step(kind="bronze", label="As it was received", detail={k: v for k, v in detail.items() if v})


async def _snapshot(tables: TableStore, name: str) -> Snapshot | None:
    try:
        return await tables.snapshot(name)
    except NotFound:
        return None


def _log(record: Whereabouts, found: Record | None) -> Step:
    place = {"topic": record.topic, "position": str(record.position), "event": record.event}
    if found is None:
        return Step(kind="log", label="No longer in the log", detail=place)
    event = found.event
    detail = {**place, "type": event.type, "time": event.time.isoformat(), "source": event.source}
    contract = event.headers.get("contract", "")
    return Step(
        kind="log", label=f"Event {event.type}", detail={**detail, **({"contract": contract} if contract else {})}
    )


def _request(found: Record | None) -> Step:
    headers = found.event.headers if found else {}
    shown = {name: headers[name] for name in ("request", "trace", "principal") if headers.get(name)}
    return Step(kind="request", label="Who sent it" if shown else "Nothing is known of the sender", detail=shown)
