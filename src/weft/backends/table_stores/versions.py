"""From a table's folder to its state at a version: newest, numbered, or as of a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pyarrow as pa
from deltalake import DeltaTable

from weft.backends.table_stores.commit_log import (
    LOG,
    DataFile,
    State,
    actions,
    commit_file,
    commit_time,
    replay,
    versions,
    weft_note,
)
from weft.model.errors import Corrupt, NotFound
from weft.model.event import Position


def newest(folder: Path) -> State:
    """The latest state, read from the last checkpoint on."""
    known = versions(folder)
    if not known:
        raise NotFound(f"there is no table at {folder.name}", hint="apply the plan that creates it")
    return _from_checkpoint(folder, known[-1])


def forward(folder: Path, state: State) -> State:
    """The latest state, from one already known: costs one look at the disk when nothing has happened since."""
    place = commit_file(folder, state.version + 1)
    while place.exists():
        state = replay(state, state.version + 1, place.read_bytes(), place)
        place = commit_file(folder, state.version + 1)
    return state


def numbered(folder: Path, version: int) -> State:
    """The state at a version; NotFound if there never was one of this number."""
    if not commit_file(folder, version).exists():
        raise NotFound(f"the table has no version {version}", hint="see its history")
    return _from_checkpoint(folder, version)


def as_of(folder: Path, at: datetime) -> State:
    """The last state committed at or before a time; NotFound if the table is younger."""
    known = versions(folder)
    low, high = 0, len(known)
    while low < high:
        middle = (low + high) // 2
        place = commit_file(folder, known[middle])
        if commit_time(actions(place.read_bytes(), place), place) <= at:
            low = middle + 1
        else:
            high = middle
    if not low:
        raise NotFound(f"the table did not exist at {at.isoformat()}", hint="see its history")
    return numbered(folder, known[low - 1])


def checkpoint_version(folder: Path) -> int | None:
    """The version of the last checkpoint, if there is one that can be read."""
    try:
        pointer: dict[str, Any] = msgspec.json.decode((folder / LOG / "_last_checkpoint").read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return pointer.get("version")


def _from_checkpoint(folder: Path, version: int) -> State:
    start = checkpoint_version(folder)
    state = _loaded(folder, start) if start is not None and start <= version else None
    for number in range(state.version + 1 if state else 0, version + 1):
        place = commit_file(folder, number)
        try:
            state = replay(state, number, place.read_bytes(), place)
        except FileNotFoundError as error:
            raise Corrupt(f"version {number} of {folder} is missing", hint="restore it from a backup") from error
    if state is None:
        raise NotFound(f"there is no table at {folder}")
    return state


def _loaded(folder: Path, version: int) -> State:
    """The state at a checkpointed version, read by delta-rs; what it does not tell stands in that version's commit file."""
    table = DeltaTable(folder, version=version)
    metadata = table.metadata()
    place = commit_file(folder, version)
    files = [_file(row) for row in pa.table(table.get_add_actions()).to_pylist()]
    state = State(
        version=version,
        time=datetime.fromtimestamp(0, UTC),
        schema=pa.schema(table.schema()),  # pyright: ignore[reportArgumentType] an Arrow capsule
        partition_by=tuple(metadata.partition_columns),
        append_only=metadata.configuration.get("delta.appendOnly") == "true",
        files={file.path: file for file in files},
        positions=_positions(folder, version),
    )
    told = replay(None, version, place.read_bytes(), place)
    return replace(state, time=told.time, digest=told.digest)


def _positions(folder: Path, version: int) -> Mapping[str, Position]:
    """Every Weft commit repeats all positions, so the nearest one at or before the version knows them."""
    for number in range(version, -1, -1):
        place = commit_file(folder, number)
        if not place.exists():
            break
        if note := weft_note(actions(place.read_bytes(), place)):
            return {source: Position.parse(text) for source, text in note["positions"].items()}
    return {}


def _file(row: Mapping[str, Any]) -> DataFile:
    partition: dict[str, Any] = row.get("partition") or {}
    return DataFile(
        path=unquote(row["path"]),
        size=row["size_bytes"],
        rows=row["num_records"] or 0,
        partition={key: None if value is None else str(value) for key, value in partition.items()},
        least=_comparable(row.get("min")),
        most=_comparable(row.get("max")),
    )


def _comparable(bounds: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (bounds or {}).items() if isinstance(value, int | str)}
