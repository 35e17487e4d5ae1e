"""Rows as canonical JSON, the one form that every JSON port shows; and back; and the same rows out of Arrow tables.

Declared columns in their order, absent and null ones left out, instants in UTC with `Z`, decimals with all their digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from weft.contracts.values import json_text
from weft.model.column import Column

if TYPE_CHECKING:
    import pyarrow as pa

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
_DECODE = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
_PLAIN_SCALE = 6
"""Up to here `str(Decimal)` writes no exponent, whatever the value."""


def encode(row: Mapping[str, Any], columns: Sequence[Column]) -> bytes:
    """A typed row as canonical JSON."""
    return _ENCODE(_writable(row, columns))


def decode(body: bytes, columns: Sequence[Column]) -> dict[str, Any]:
    """The typed row that `encode` wrote."""
    return _typed(_DECODE(body), columns)


def rows_of(table: pa.Table, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The rows of an Arrow table as typed rows, equal to those that were checked; columns that it lacks are left out."""
    rows: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
    names = set(table.column_names)
    for column in columns:
        if column.name not in names:
            continue
        name = column.name
        for row, value in zip(rows, table.column(name).to_pylist(), strict=True):
            if value is not None:
                row[name] = _from_arrow(value, column)
    return rows


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, with a fraction only where there is one."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0')}Z" if moment.microsecond else f"{text}Z"


def _writable(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for column in columns:
        value = row.get(column.name)
        if value is None:
            continue
        write = _WRITE.get(column.kind)
        written = value if write is None else write(value, column)
        if written is not None:
            shown[column.name] = written
    return shown


_WRITE: Mapping[str, Callable[[Any, Column], Any]] = {
    "decimal": lambda value, column: value if column.scale <= _PLAIN_SCALE else msgspec.Raw(f"{value:f}".encode()),
    "number": lambda value, _: value if math.isfinite(value) else None,
    "timestamp": lambda value, _: instant(value),
    "date": lambda value, _: value.isoformat(),
    "json": lambda value, _: msgspec.Raw(value.encode()),
    "object": lambda value, column: _writable(value, column.fields),
}


def _typed(decoded: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in columns:
        value = decoded.get(column.name)
        if value is not None:
            read = _READ.get(column.kind)
            row[column.name] = value if read is None else read(value, column)
    return row


_READ: Mapping[str, Callable[[Any, Column], Any]] = {
    "decimal": lambda value, _: value if isinstance(value, Decimal) else Decimal(value),
    "number": lambda value, _: float(value),
    "timestamp": lambda value, _: datetime.fromisoformat(value),
    "date": lambda value, _: date.fromisoformat(value),
    "json": lambda value, _: json_text(value),
    "object": lambda value, column: _typed(value, column.fields),
}


def _from_arrow(value: Any, column: Column) -> Any:
    match column.kind:
        case "timestamp":
            return value.astimezone(UTC)
        case "object":
            fields = {field.name: field for field in column.fields}
            return {
                name: _from_arrow(inner, fields[name])
                for name, inner in value.items()
                if inner is not None and name in fields
            }
        case _:
            return value
