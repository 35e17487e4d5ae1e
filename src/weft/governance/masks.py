"""Masks: what a reader sees of a value that is not for everyone. One meaning, written for values and for SQL.

hide      nothing at all
redact    `***` for text, nothing for other kinds
partial   `***` and the last four characters of text of eight or more, else as redact
hash      the same 16 hex digits for the same value, so that masked columns still join and count
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from weft.model.column import Column
from weft.model.principal import MaskKind

SHOWN_TAIL = 4
_LEAST = 8
_DIGITS = 16
_REDACTED = "***"


def mask(kind: MaskKind, value: Any, column: Column, salt: str) -> Any:
    """What stands in the place of `value`; None stays None."""
    if value is None or kind == "none":
        return value
    text = _is_text(column)
    if kind == "hash" and text:
        return hashlib.sha256(f"{salt}{value}".encode()).hexdigest()[:_DIGITS]
    if kind == "partial" and text and len(value) >= _LEAST:
        return _REDACTED + value[-SHOWN_TAIL:]
    return _REDACTED if text and kind != "hide" else None


def _is_text(column: Column) -> bool:
    return column.kind == "string"


def masked_row(
    row: Mapping[str, Any], columns: tuple[Column, ...], masks: Mapping[str, MaskKind], salt: str
) -> dict[str, Any]:
    """A row as its reader may see it; columns that are not declared do not pass."""

    def show(values: Mapping[str, Any], shape: tuple[Column, ...], above: str) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for column in shape:
            value, path = values.get(column.name), f"{above}{column.name}"
            kind = masks.get(path, "none")
            if kind == "none" and column.fields and isinstance(value, Mapping):
                shown[column.name] = show(value, column.fields, f"{path}.")
            else:
                shown[column.name] = mask(kind, value, column, salt)
        return shown

    return show(row, columns, "")


def masked_sql(columns: tuple[Column, ...], masks: Mapping[str, MaskKind], salt: str) -> dict[str, str]:
    """The same as one SQL expression for each column, in the dialect of DuckDB."""
    return {column.name: _expression(column, column.name, _quoted(column.name), masks, salt) for column in columns}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _expression(column: Column, path: str, sql: str, masks: Mapping[str, MaskKind], salt: str) -> str:
    kind = masks.get(path, "none")
    if kind == "none" and column.fields and any(name.startswith(f"{path}.") for name in masks):
        fields = ", ".join(
            f"{_quoted(field.name)} := {_expression(field, f'{path}.{field.name}', f'{sql}.{_quoted(field.name)}', masks, salt)}"
            for field in column.fields
        )
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({fields}) END"
    write: Callable[[str, str], str] = (
        _WRITERS[kind] if _is_text(column) or kind in {"none", "hide"} else _WRITERS["hide"]
    )
    expression = write(sql, salt)
    return f"CAST({expression} AS {sql_type(column)})" if kind != "none" else expression


_WRITERS: dict[MaskKind, Callable[[str, str], str]] = {
    "none": lambda sql, _: sql,
    "hide": lambda _sql, _: "NULL",
    "redact": lambda sql, _: f"CASE WHEN {sql} IS NULL THEN NULL ELSE '{_REDACTED}' END",
    "partial": lambda sql, _: (
        f"CASE WHEN {sql} IS NULL THEN NULL WHEN length({sql}) >= {_LEAST} "
        f"THEN '{_REDACTED}' || right({sql}, {SHOWN_TAIL}) ELSE '{_REDACTED}' END"
    ),
    "hash": lambda sql, salt: f"CASE WHEN {sql} IS NULL THEN NULL ELSE left(sha256('{salt}' || {sql}), {_DIGITS}) END",
}


def sql_type(column: Column) -> str:
    """The type of a column in the dialect of DuckDB."""
    if column.kind == "object":
        return "STRUCT(" + ", ".join(f"{_quoted(field.name)} {sql_type(field)}" for field in column.fields) + ")"
    return {
        "string": "VARCHAR",
        "json": "VARCHAR",
        "integer": "BIGINT",
        "decimal": f"DECIMAL(18,{column.scale})",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMPTZ",
        "date": "DATE",
    }[column.kind]
