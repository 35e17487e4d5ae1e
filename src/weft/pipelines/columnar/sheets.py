"""Parquet files for a table's staging folder, written fast, synced at once, and without a second copy of anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SAMPLE = 2000
FEW = 500
"""A column with fewer different values in a sample is worth a dictionary."""
Value = str | int | datetime | date
_call = pc.call_function


def shaped(schema: pa.Schema, columns: Mapping[str, Any], constants: Mapping[str, Value], rows: int) -> pa.Table:
    """A table with the schema's columns, each from the arrays or the same value in every row; others are empty."""
    return pa.table({field.name: _column(field, columns, constants, rows) for field in schema})


class Sheet:
    """One Parquet file in the making; texts that mostly differ are written plainly, a dictionary would only cost time."""

    def __init__(self, path: Path, first: pa.Table) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        leaves = dict(_leaves(first.slice(0, SAMPLE)))
        self.path = path
        self.rows = 0
        self._writer = pq.ParquetWriter(
            path,
            first.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name, few in leaves.items() if few],  # pyright: ignore[reportArgumentType] a list is fine
            write_statistics=[name for name in leaves if name != "_raw"],  # pyright: ignore[reportArgumentType] as above
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


def _leaves(sample: pa.Table) -> list[tuple[str, bool]]:
    """The sample's columns as Parquet names them, and whether each repeats itself."""
    found: list[tuple[str, bool]] = []
    for name in sample.column_names:
        found.extend(_inner(name, sample.column(name).combine_chunks()))
    return found


def _inner(name: str, column: Any) -> list[tuple[str, bool]]:
    if pa.types.is_struct(column.type):
        return [
            leaf
            for index, field in enumerate(column.type)
            for leaf in _inner(f"{name}.{field.name}", column.field(index))
        ]
    if pa.types.is_dictionary(column.type):
        return [(name, True)]
    distinct = _call("count_distinct", [column], pc.CountOptions()).as_py()
    return [(name, distinct < min(FEW, max(len(column) // 2, 2)))]
