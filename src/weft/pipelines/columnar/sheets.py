"""Parquet files for a table's staging folder, written fast, synced at once, and without a second copy of anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SAMPLE = 2000
FEW = 500
"""A column with fewer different values in a sample is worth a dictionary."""
_ENCODINGS = {"int64": "DELTA_BINARY_PACKED", "string": "DELTA_LENGTH_BYTE_ARRAY"}
"""Smaller than plain values, and faster with what has to be compressed after them (measured)."""
Value = str | int | datetime | date
_call = pc.call_function


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column of a Parquet file, and whether it repeats itself."""

    name: str
    kind: pa.DataType
    few: bool


def shaped(schema: pa.Schema, columns: Mapping[str, Any], constants: Mapping[str, Value], rows: int) -> pa.Table:
    """A table with the schema's columns, each from the arrays or the same value in every row; others are empty."""
    return pa.table({field.name: _column(field, columns, constants, rows) for field in schema})


class Sheet:
    """One Parquet file in the making. What repeats itself gets a dictionary; for the rest it would only cost time."""

    def __init__(self, path: Path, first: pa.Table) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        leaves = list(_leaves(first.slice(0, SAMPLE)))
        encodings = {leaf.name: _ENCODINGS.get(str(leaf.kind)) for leaf in leaves if not leaf.few}
        self.path = path
        self.rows = 0
        self._writer = pq.ParquetWriter(
            path,
            first.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[leaf.name for leaf in leaves if leaf.few],  # pyright: ignore[reportArgumentType] a list is fine
            column_encoding={name: encoding for name, encoding in encodings.items() if encoding},
            write_statistics=[leaf.name for leaf in leaves if leaf.name != "_raw"],  # pyright: ignore[reportArgumentType] as above
            write_page_checksum=True,
            store_schema=False,
        )

    def write(self, rows: pa.Table) -> None:
        """Add rows."""
        self._writer.write_table(rows)
        self.rows += rows.num_rows

    def close(self) -> None:
        """Finish the file and bring it to the disk."""
        self._writer.close()
        with self.path.open("rb") as file:
            os.fsync(file.fileno())


def minus_one(numbers: pa.Array) -> pa.Array:
    """Numbers that count from 1, counted from 0."""
    return _call("subtract", [numbers, pa.scalar(1, pa.int64())])


def _column(field: pa.Field, columns: Mapping[str, Any], constants: Mapping[str, Value], rows: int) -> Any:
    if field.name in columns:
        return columns[field.name]
    if field.name not in constants:
        return pa.nulls(rows, field.type)
    value = pa.array([constants[field.name]], field.type)
    return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()).fill_null(0), value)


def _leaves(sample: pa.Table) -> Iterator[_Leaf]:
    """The sample's columns as Parquet names them."""
    for name in sample.column_names:
        yield from _inner(name, sample.column(name).combine_chunks())


def _inner(name: str, column: Any) -> Iterator[_Leaf]:
    if pa.types.is_struct(column.type):
        for index, field in enumerate(column.type):
            yield from _inner(f"{name}.{field.name}", column.field(index))
    elif pa.types.is_dictionary(column.type):
        yield _Leaf(name, column.type.value_type, few=True)
    else:
        distinct = _call("count_distinct", [column], pc.CountOptions()).as_py()
        yield _Leaf(name, column.type, few=distinct < min(FEW, max(len(column) // 2, 2)))
