"""Lines of JSON as typed columns: DuckDB's reader over arrays in memory, for any number of threads."""

# ruff: noqa: S608 the structure is quoted as a literal

from __future__ import annotations

import threading

import duckdb
import msgspec
import pyarrow as pa

from weft.backends.engines.scan import literal, sql_type
from weft.model.errors import InvalidInput


class JsonReader:
    """A database of its own, which reaches no file, and a cursor for each call."""

    def __init__(self, memory: str) -> None:
        self._memory = memory
        self._guard = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    def read(self, lines: pa.Array, schema: pa.Schema) -> pa.Table:
        """See Engine.read_json."""
        structure = msgspec.json.encode({field.name: sql_type(field.type) for field in schema}).decode()
        cursor = self._cursor()
        try:
            cursor.register("lines", pa.table({"line": lines}))
            found = cursor.sql(f"SELECT unnest(from_json(line, {literal(structure)})) FROM lines")
            return found.to_arrow_table().cast(schema)
        except (duckdb.Error, pa.ArrowInvalid) as error:
            raise InvalidInput("the lines cannot be read as these columns", hint="read them one by one") from error
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the database."""
        with self._guard:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._guard:
            if self._database is None:
                self._database = _database(self._memory)
            return self._database.cursor()


def _database(memory: str) -> duckdb.DuckDBPyConnection:
    """Each thread that asks does all of its own work."""
    database = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": memory, "temp_directory": ""})
    for line in ("SET TimeZone='UTC'", "SET enable_external_access=false", "SET lock_configuration=true"):
        database.execute(line)
    return database
