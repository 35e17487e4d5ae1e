"""What a batch measured, counted over whole columns: the same figures as counting its rows one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weft.model.column import Column

_call = pc.call_function


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts that add up over pieces."""

    rows: int = 0
    good: int = 0
    proven: int = 0
    present: int = 0
    """Required fields that were there, over all rows."""
    wanted: int = 0
    """Required fields that should have been there, over all rows."""
    newest: datetime | None = None
    """The latest event time among good rows."""

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(
            rows=self.rows + other.rows,
            good=self.good + other.good,
            proven=self.proven + other.proven,
            present=self.present + other.present,
            wanted=self.wanted + other.wanted,
            newest=max(filter(None, (self.newest, other.newest)), default=None),
        )


def presence(table: pa.Table, columns: Sequence[Column]) -> tuple[int, int]:
    """Required fields that are there, and that should be. Fields of an optional object count when the object is there."""
    return _presence({name: table.column(name) for name in table.column_names}, columns, table.num_rows)


def newest(table: pa.Table, times: Sequence[str], until: datetime | None) -> datetime | None:
    """The latest event time, each row's from its best column; times after `until` are left out."""
    found: Any = [table.column(name) for name in times if name in table.column_names]
    if not found or not table.num_rows:
        return None
    moments = _call("coalesce", found)
    if until is not None:
        moments = moments.filter(_call("less_equal", [moments, pa.scalar(until, moments.type)]))
    return _call("max", [moments], pc.ScalarAggregateOptions()).as_py()


def _presence(values: dict[str, Any], columns: Sequence[Column], rows: int) -> tuple[int, int]:
    present = wanted = 0
    for column in columns:
        found = values[column.name]
        there = rows - found.null_count
        if column.required:
            present, wanted = present + there, wanted + rows
        if column.fields:
            inner = found.filter(_call("is_valid", [found]))
            inner = inner.combine_chunks() if isinstance(inner, pa.ChunkedArray) else inner
            parts = {field.name: inner.field(index) for index, field in enumerate(inner.type)}
            inner_present, inner_wanted = _presence(parts, column.fields, there)
            missing = (rows - there) * _expected(column.fields) if column.required else 0
            present, wanted = present + inner_present, wanted + inner_wanted + missing
    return present, wanted


def _expected(columns: Sequence[Column]) -> int:
    """Required fields of an object that is missing although it is required itself."""
    return sum(1 + _expected(column.fields) for column in columns if column.required)
