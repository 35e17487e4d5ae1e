"""DuckDB's words for the rows of Parquet files that share a table's schema, columns added later included."""

# ruff: noqa: S608 every name and path is quoted here

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import pyarrow as pa


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def scan(files: Sequence[str], schema: pa.Schema, *, extra: str = "") -> str:
    """A FROM clause's subquery with exactly the schema's columns; `extra` adds options such as `filename=true`.

    The first arm holds no row: it names and types every column, also when no file has it or there is no file at all.
    """
    frame = ", ".join(f"NULL::{sql_type(field.type)} AS {quoted(field.name)}" for field in schema)
    empty = f"SELECT {frame} WHERE false"
    if not files:
        return f"({empty})"
    return f"({empty} UNION ALL BY NAME SELECT * FROM {read(files, schema, extra=extra)})"


def read(files: Sequence[str], schema: pa.Schema, *, extra: str = "") -> str:
    """A call of `read_parquet` over these files, with the partition columns that their folders spell."""
    names = ", ".join(literal(file) for file in files)
    options = ["union_by_name=true", *_partitions(files[0], schema), *([extra] if extra else [])]
    return f"read_parquet([{names}], {', '.join(options)})"


def select(names: Sequence[str], source: str) -> str:
    """A query for some columns of a subquery or a call."""
    return f"SELECT {', '.join(quoted(name) for name in names)} FROM {source}"


def copy(query: str, target: PurePath) -> str:
    """A statement that writes a query's rows into one Parquet file."""
    return f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"


def sql_type(kind: pa.DataType) -> str:
    """The DuckDB type that reads an Arrow type without loss."""
    if pa.types.is_struct(kind):
        fields = (kind.field(i) for i in range(kind.num_fields))
        return f"STRUCT({', '.join(f'{quoted(field.name)} {sql_type(field.type)}' for field in fields)})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    return _SIMPLE[str(kind)]


_SIMPLE = {
    "string": "VARCHAR", "large_string": "VARCHAR", "string_view": "VARCHAR",
    "binary": "BLOB", "large_binary": "BLOB", "binary_view": "BLOB",
    "bool": "BOOLEAN", "date32[day]": "DATE", "float": "FLOAT", "double": "DOUBLE",
    "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT",
    "uint8": "UTINYINT", "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT",
}  # fmt: skip


def _partitions(file: str, schema: pa.Schema) -> list[str]:
    found = [part.partition("=")[0] for part in PurePath(file).parts if "=" in part]
    types = [f"{literal(name)}: {sql_type(schema.field(name).type)}" for name in found if name in schema.names]
    return ["hive_partitioning=true", f"hive_types={{{', '.join(types)}}}"] if types else ["hive_partitioning=false"]
