"""The answer to a SELECT as JSON: columns with their types, rows as lists of canonical values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import pyarrow as pa


def column_types(schema: pa.Schema) -> list[dict[str, str]]:
    """Names and types of the columns."""
    return [{"name": field.name, "type": str(field.type)} for field in schema]


def cells(table: pa.Table) -> list[list[Any]]:
    """The rows, each value as the canonical JSON of a row writes it."""
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)] if columns else []


def plain(value: Any) -> Any:
    """A value as JSON can hold it: instants in UTC, what no number can say as null, bytes as text."""
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str | Decimal):
        return value
    return _written(value)


def _written(value: Any) -> Any:
    match value:
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case float():
            return value if isfinite(value) else None
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
