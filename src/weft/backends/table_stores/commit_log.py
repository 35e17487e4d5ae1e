"""The Delta log of one table as values: what each version holds, how a new one is spelled, how they add up to a state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote
from uuid import NAMESPACE_URL, uuid5

import msgspec
import pyarrow as pa
from deltalake import Schema

from weft.model.errors import Corrupt
from weft.model.event import Position

Operation = Literal["create", "columns", "append", "upsert", "replace", "compact"]

DELTA_OPERATIONS: Mapping[Operation, str] = {
    "create": "CREATE TABLE",
    "columns": "ADD COLUMNS",
    "append": "WRITE",
    "upsert": "MERGE",
    "replace": "WRITE",
    "compact": "OPTIMIZE",
}
LOG = "_delta_log"
ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A Parquet file of a table, its path relative to the table's folder."""

    path: str
    size: int
    rows: int
    partition: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    least: Mapping[str, Any] = field(default_factory=dict[str, Any])
    most: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nulls: Mapping[str, int] = field(default_factory=dict[str, int])
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One version of a table, whole."""

    version: int
    time: datetime
    schema: pa.Schema
    partition_by: tuple[str, ...]
    append_only: bool
    files: Mapping[str, DataFile]
    positions: Mapping[str, Position]
    digest: str = ""
    """Of this version's commit file; the next version repeats it, so that the files form a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a new version does."""

    operation: Operation
    rows: int = 0
    add: Sequence[DataFile] = ()
    remove: Sequence[DataFile] = ()
    schema: pa.Schema | None = None
    partition_by: tuple[str, ...] = ()
    append_only: bool = False
    source: str = ""
    positions: Mapping[str, Position] = field(default_factory=dict[str, Position])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


def delta_schema(schema: pa.Schema) -> pa.Schema:
    """A schema as Delta keeps it: one type a kind, times in UTC."""
    return pa.schema(Schema.from_arrow(schema))  # pyright: ignore[reportArgumentType] an Arrow capsule


def commit_file(folder: Path, version: int) -> Path:
    """Where a version's commit stands."""
    return folder / LOG / f"{version:020}.json"


def versions(folder: Path) -> list[int]:
    """The versions whose commit files are there, in order; none for a folder that is no table."""
    try:
        names = [entry.stem for entry in (folder / LOG).iterdir() if entry.suffix == ".json"]
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if name.isdecimal())


def actions(data: bytes, place: Path) -> list[tuple[str, dict[str, Any]]]:
    """The actions of a commit file, each with its kind; raises Corrupt for anything that is not one."""
    try:
        lines: list[dict[str, Any]] = [msgspec.json.decode(line) for line in data.splitlines() if line.strip()]
        pairs = [pair for line in lines for pair in line.items()]
    except (msgspec.DecodeError, AttributeError) as error:
        raise Corrupt(f"{place} is no commit: {error}") from error
    if not pairs:
        raise Corrupt(f"{place} is empty")
    return pairs


def weft_note(pairs: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """What Weft noted in a commit; empty when another engine wrote it."""
    return next((body.get("weft", {}) for kind, body in pairs if kind == "commitInfo"), {})


def commit_time(pairs: Sequence[tuple[str, dict[str, Any]]], place: Path) -> datetime:
    """When a commit was made: as it says itself, else as its file says."""
    stamp = next((body.get("timestamp") for kind, body in pairs if kind == "commitInfo"), None)
    seconds = stamp / 1000 if stamp is not None else place.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)


def replay(state: State | None, version: int, data: bytes, place: Path) -> State:
    """The state after one more commit."""
    pairs = actions(data, place)
    after = state or State(
        version=version, time=datetime.fromtimestamp(0, UTC), schema=pa.schema([]), partition_by=(), append_only=False,
        files={}, positions={},
    )  # fmt: skip
    files = dict(after.files)
    for kind, body in pairs:
        if kind == "add":
            files[unquote(body["path"])] = _data_file(body)
        elif kind == "remove":
            files.pop(unquote(body["path"]), None)
        elif kind == "metaData":
            after = _described(after, body)
    note = weft_note(pairs)
    positions = {source: Position.parse(text) for source, text in note.get("positions", {}).items()}
    return replace(
        after, version=version, time=commit_time(pairs, place), files=files, positions={**after.positions, **positions},
        digest=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip


def spell(name: str, state: State | None, change: Change, time: datetime) -> bytes:
    """The commit file of a change: a chained, self-checking note, then Delta's own actions."""
    body = b"".join(ENCODER.encode({kind: action}) + b"\n" for kind, action in _actions(name, change, time))
    note = {
        "operation": change.operation,
        "rows": change.rows,
        "source": change.source,
        "positions": {source: str(position) for source, position in change.positions.items()},
        "notes": dict(change.notes),
        "previous": state.digest if state else "",
        "body": hashlib.sha256(body).hexdigest(),
    }
    info = {
        "timestamp": millis(time),
        "operation": DELTA_OPERATIONS[change.operation],
        "operationParameters": {"mode": "Overwrite" if change.operation == "replace" else "Append"},
        "engineInfo": "weft",
        "weft": note,
    }
    return ENCODER.encode({"commitInfo": info}) + b"\n" + body


def sound(data: bytes, note: Mapping[str, Any]) -> bool:
    """Whether a commit's actions are those that its note was written for."""
    _, _, body = data.partition(b"\n")
    return not note or hashlib.sha256(body).hexdigest() == note.get("body")


def millis(time: datetime) -> int:
    """Milliseconds since 1970, as Delta counts time."""
    return int(time.timestamp() * 1000)


def transactions(source: str, position: Position) -> list[tuple[str, int]]:
    """Delta's own spelling of a position: an application id and a number per partition."""
    return [(f"{source}#{partition}" if partition else source, offset) for partition, offset in position.offsets]


def _actions(name: str, change: Change, time: datetime) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if change.operation == "create":
        found.append(("protocol", {"minReaderVersion": 1, "minWriterVersion": 2}))
    if change.schema is not None:
        found.append(("metaData", _metadata(name, change, change.schema)))
    if change.source:
        moved = transactions(change.source, change.positions[change.source])
        found.extend(("txn", {"appId": app, "version": n, "lastUpdated": millis(time)}) for app, n in moved)
    real = change.operation != "compact"
    found.extend(("remove", _removal(file, time, real=real)) for file in change.remove)
    found.extend(("add", _addition(file, time, real=real)) for file in change.add)
    return found


def _metadata(name: str, change: Change, schema: pa.Schema) -> dict[str, Any]:
    return {
        "id": str(uuid5(NAMESPACE_URL, f"weft:{name}")),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": Schema.from_arrow(schema).to_json(),
        "partitionColumns": list(change.partition_by),
        "configuration": {"delta.appendOnly": "true"} if change.append_only else {},
    }


def _addition(file: DataFile, time: datetime, *, real: bool) -> dict[str, Any]:
    stats = {"numRecords": file.rows, "minValues": file.least, "maxValues": file.most, "nullCount": file.nulls}
    return {
        "path": quote(file.path, safe="/=-_.~"),
        "partitionValues": dict(file.partition),
        "size": file.size,
        "modificationTime": millis(time),
        "dataChange": real,
        "stats": ENCODER.encode(stats).decode(),
        "tags": {"sha256": file.sha256},
    }


def _removal(file: DataFile, time: datetime, *, real: bool) -> dict[str, Any]:
    return {
        "path": quote(file.path, safe="/=-_.~"),
        "deletionTimestamp": millis(time),
        "dataChange": real,
        "extendedFileMetadata": True,
        "partitionValues": dict(file.partition),
        "size": file.size,
    }


def _data_file(body: Mapping[str, Any]) -> DataFile:
    stats: dict[str, Any] = msgspec.json.decode(body.get("stats") or "{}")
    return DataFile(
        path=unquote(body["path"]), size=body["size"], rows=stats.get("numRecords", 0),
        partition=body.get("partitionValues", {}), least=stats.get("minValues", {}), most=stats.get("maxValues", {}),
        nulls=stats.get("nullCount", {}), sha256=(body.get("tags") or {}).get("sha256", ""),
    )  # fmt: skip


def _described(state: State, metadata: Mapping[str, Any]) -> State:
    return replace(
        state,
        schema=pa.schema(Schema.from_json(metadata["schemaString"])),  # pyright: ignore[reportArgumentType] an Arrow capsule
        partition_by=tuple(metadata.get("partitionColumns", ())),
        append_only=metadata.get("configuration", {}).get("delta.appendOnly") == "true",
    )
