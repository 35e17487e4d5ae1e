"""Parquet files of a table: rows made to fit its schema, written synced, and described by their own statistics."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from weft.backends.durable import make_folder, sync_folder
from weft.backends.table_stores.commit_log import DataFile, State
from weft.model.errors import InvalidInput

STAGING = "_staging"
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
LONGEST_BOUND = 64
"""Longer texts get no bounds: they would only make the log heavy."""
_drafts = itertools.count()


def conform(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows in the table's columns and types; raises InvalidInput where that would change or invent a value."""
    strange = [name for name in rows.column_names if name not in schema.names]
    if strange or len(set(rows.column_names)) != rows.num_columns:
        raise InvalidInput(f"the table has no column {', '.join(strange) or 'twice'}", hint="extend its schema first")
    columns = [_column(rows, field) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def same_shape(schema: pa.Schema, wanted: pa.Schema) -> bool:
    """Whether a file with this schema can stand in a table that wants the other: same names, kindred types."""
    return schema.names == wanted.names and all(
        _kindred(mine.type, yours.type) for mine, yours in zip(schema, wanted, strict=True)
    )


def write_rows(folder: Path, rows: pa.Table, state: State) -> list[DataFile]:
    """Write rows as one file per partition, synced and named, ready to be committed as the next version."""
    found: list[DataFile] = []
    for partition, part in split(rows, state.partition_by):
        draft = new_draft(folder)
        pq.write_table(part, draft, compression="zstd", write_page_checksum=True)
        found.append(adopt(folder, draft, state, partition))
    return found


def new_draft(folder: Path) -> Path:
    """A fresh file name for a writer that holds the table's lock."""
    staging = folder / STAGING
    staging.mkdir(exist_ok=True)
    return staging / f"draft-{os.getpid()}-{next(_drafts)}.parquet"


def adopt(folder: Path, draft: Path, state: State, partition: Mapping[str, str | None]) -> DataFile:
    """Give a finished file its final name, which tells the version and the content, and describe it."""
    digest = sha256(draft)
    parts = [f"{key}={NO_PARTITION if value is None else quote(value, safe=' ')}" for key, value in partition.items()]
    path = "/".join([*parts, f"part-{state.version + 1:08}-{digest[:16]}.parquet"])
    described = _described(draft, path, partition, digest)
    sync_file(draft)
    make_folder((folder / path).parent)
    draft.rename(folder / path)
    sync_folder((folder / path).parent)
    return described


def sync_file(path: Path) -> None:
    """Bring a finished file's bytes to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def partition_of(path: Path, names: Sequence[str]) -> dict[str, str | None]:
    """The partition values that a staged file's folders spell out, as in `day=2026-11-21/`."""
    pairs = [part.partition("=") for part in path.parts[:-1] if "=" in part]
    told = {key: None if value == NO_PARTITION else unquote(value) for key, _, value in pairs}
    missing = [name for name in names if name not in told]
    if missing:
        raise InvalidInput(f"{path} does not say its {', '.join(missing)}", hint="stage it under `column=value/`")
    return {name: told[name] for name in names}


def split(rows: pa.Table, partition_by: Sequence[str]) -> Iterator[tuple[dict[str, str | None], pa.Table]]:
    """The rows of each partition, without the partition's columns."""
    if not partition_by:
        yield {}, rows
        return
    groups = rows.select(list(partition_by)).group_by(list(partition_by)).aggregate([])
    for group in groups.to_pylist():
        terms = [
            pc.field(name).is_null() if value is None else pc.field(name) == value for name, value in group.items()
        ]
        texts = {name: None if value is None else _partition_text(value) for name, value in group.items()}
        yield texts, rows.filter(reduce(and_, terms)).drop_columns(list(partition_by))


def _column(rows: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in rows.column_names:
        if not field.nullable and rows.num_rows:
            raise InvalidInput(f"column {field.name} is missing", hint="the table requires it")
        return pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
    column = rows.column(field.name)
    if not field.nullable and column.null_count:
        raise InvalidInput(f"column {field.name} has {column.null_count} empty values", hint="the table requires it")
    if column.type == field.type:
        return column
    if not _kindred(column.type, field.type):
        raise InvalidInput(f"column {field.name} is {field.type}, not {column.type}", hint="cast it before writing")
    try:
        return column.cast(field.type)
    except pa.ArrowInvalid as error:
        raise InvalidInput(f"column {field.name} does not fit {field.type}: {error}") from error


def _kindred(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a checked cast keeps every value: same family, so never text to number or a fraction to an integer."""
    if given == wanted or pa.types.is_null(given):
        return True
    if pa.types.is_struct(given) and pa.types.is_struct(wanted):
        return [f.name for f in given] == [f.name for f in wanted] and all(
            _kindred(mine.type, yours.type) for mine, yours in zip(given, wanted, strict=True)
        )
    return any(family(given) and family(wanted) for family in _FAMILIES)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def _is_instant(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def _is_count(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)


_FAMILIES = (_is_text, _is_bytes, _is_instant, _is_count, pa.types.is_decimal, pa.types.is_floating, pa.types.is_date)


def _described(draft: Path, path: str, partition: Mapping[str, str | None], digest: str) -> DataFile:
    footer = pq.read_metadata(draft)
    least: dict[str, Any] = {}
    most: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for index in range(footer.num_columns):
        if "." not in (name := footer.schema.column(index).path):
            _bounds(footer, index, name, least, most, nulls)
    return DataFile(
        path=path, size=draft.stat().st_size, rows=footer.num_rows, partition=partition,
        least=least, most=most, nulls=nulls, sha256=digest,
    )  # fmt: skip


def _bounds(
    footer: pq.FileMetaData, index: int, name: str, least: dict[str, Any], most: dict[str, Any], nulls: dict[str, int]
) -> None:
    groups = [footer.row_group(n).column(index).statistics for n in range(footer.num_row_groups)]
    if not groups or any(group is None or not group.has_null_count for group in groups):
        return
    nulls[name] = sum(group.null_count for group in groups)
    full = [group for group in groups if group.null_count < group.num_values + group.null_count]
    if not full or not all(group.has_min_max for group in full):
        return
    low, high = min(group.min for group in full), max(group.max for group in full)
    if _told(low) and _told(high):
        least[name], most[name] = _bound_text(low), _bound_text(high)


def _told(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_BOUND
    return isinstance(value, int | Decimal | date) and not isinstance(value, bool)


def _bound_text(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _partition_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
