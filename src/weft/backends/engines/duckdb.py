"""DuckDB as the SQL engine: each question sees its relations as named queries over Parquet files, and nothing else."""

# ruff: noqa: S608 the user's text comes back from the parser, names are quoted, values are bound

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import duckdb
import pyarrow as pa

from weft.backends.engines.guard import limited, numbered, parsed, restricted
from weft.backends.engines.json_rows import JsonReader
from weft.backends.engines.scan import literal, quoted, scan
from weft.backends.engines.second_reading import SecondReader
from weft.backends.engines.spark_sql import PRELUDE, translated
from weft.model.errors import InvalidInput, TooLarge, Unavailable
from weft.ports.clock import Clock
from weft.ports.engine import Engine, Relation

MEMORY = "2GB"
AT_ONCE = 4
"""So many questions run side by side; the others wait."""
STATIC = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
"""Errors about the text alone. The words of all others may quote values of rows that the asker may not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What runs with its values; and the asker's own part of it with the names that this may take rows from."""

    text: str
    values: list[Any]
    asked: str
    names: frozenset[str]


class DuckdbEngine(Engine):
    """One locked in-memory database; it can read the folders of the tables that it was handed, no other file."""

    dialect = "duckdb"

    def __init__(self, *, memory: str = MEMORY) -> None:
        self._memory = memory
        self._guard = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._folders: frozenset[str] = frozenset()
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="weft-duckdb")
        self._reader = SecondReader()
        self._json = JsonReader(memory)
        self._closed = False

    @classmethod
    def open(cls, url: str, folder: Path, *, clock: Clock) -> DuckdbEngine:  # noqa: ARG003 every engine opens alike
        """The engine at a URL: `duckdb:`, or `duckdb:4GB` with that much memory."""
        return cls(memory=url.partition(":")[2] or MEMORY)

    async def query(
        self,
        sql: str,
        relations: Mapping[str, Relation],
        *,
        params: Sequence[Any] = (),
        limit: int | None = None,
        seconds: float = 30.0,
    ) -> pa.Table:
        """The answer to one SELECT over the relations."""
        self._check_open()
        question = _question(sql, relations, params, limit)
        cursor = self._cursor(relations)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, _answer, cursor, question, self._reader)
        try:
            done, _ = await asyncio.wait({asked}, timeout=seconds)
        finally:
            await _stop(cursor, asked)
        if not done:
            asked.exception()
            raise Unavailable(f"no answer within {seconds:g} seconds", hint="ask for less, or allow more time")
        answer = asked.result()
        return answer if limit is None else answer.slice(0, limit)

    def read_json(self, lines: pa.Array, schema: pa.Schema) -> pa.Table:
        """Lines of JSON as typed columns."""
        self._check_open()
        return self._json.read(lines, schema)

    def translate(self, sql: str) -> str:
        """A model's Spark SQL in DuckDB's words."""
        return translated(sql)

    async def close(self) -> None:
        """Let go of everything."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._json.close()
        with self._guard:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the engine is closed", hint="open the mesh again")

    def _cursor(self, relations: Mapping[str, Relation]) -> duckdb.DuckDBPyConnection:
        wanted = frozenset(_folder(file) for relation in relations.values() for file in relation.snapshot.files[:1])
        with self._guard:
            if self._database is None or not wanted <= self._folders:
                self._folders |= wanted
                self._database = _database(sorted(self._folders), self._memory)
            return self._database.cursor()


def _database(folders: Sequence[str], memory: str) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:")
    for line in (
        f"SET memory_limit={literal(memory)}",
        "SET enable_progress_bar=false",
        "SET TimeZone='UTC'",
        "SET python_enable_replacements=false",
        "SET parquet_metadata_cache=true",
        "SET temp_directory=''",
        *PRELUDE,
        f"SET allowed_directories=[{', '.join(literal(folder) for folder in folders)}]",
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    ):
        database.execute(line)
    return database


def _question(sql: str, relations: Mapping[str, Relation], params: Sequence[Any], limit: int | None) -> _Question:
    names = {name: f"weft_{index}" for index, name in enumerate(relations)}
    query = restricted(parsed(sql), names)
    if limit is not None:
        query = limited(query, limit)
    values = list(params)
    views: list[str] = []
    for name, relation in relations.items():
        views.append(f"{names[name]} AS NOT MATERIALIZED ({_view(relation, len(values))})")
        values.extend(relation.params)
    own = query.args.get("with_")
    inner = [cte.sql("duckdb") for cte in own.pop().expressions] if own else []
    body = query.sql("duckdb")
    return _Question(
        text=_with([*views, *inner], body), values=values, asked=_with(inner, body), names=frozenset(names.values())
    )


def _with(definitions: Sequence[str], body: str) -> str:
    return f"WITH {', '.join(definitions)} {body}" if definitions else body


def _view(relation: Relation, bound: int) -> str:
    columns = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in relation.columns.items())
    where = f" WHERE {numbered(relation.where, bound)}" if relation.where else ""
    snapshot = relation.snapshot
    return f"SELECT {columns} FROM {scan(snapshot.files, snapshot.schema)}{where}"


def _folder(file: str) -> str:
    """The table's folder, above the folders of its partitions."""
    folder = PurePath(file).parent
    while "=" in folder.name:
        folder = folder.parent
    return str(folder)


def _answer(cursor: duckdb.DuckDBPyConnection, question: _Question, reader: SecondReader) -> pa.Table:
    try:
        reader.confirm(question.asked, question.names, cursor)
        answer = cursor.sql(question.text, params=question.values)
        return _plain(answer.to_arrow_table(), [str(kind) for kind in answer.types])
    except duckdb.InterruptException as error:
        raise Unavailable("the question was stopped", hint="ask for less, or allow more time") from error
    except duckdb.OutOfMemoryException as error:
        raise TooLarge("the answer needs more memory than a question may have", hint="ask for less") from error
    except STATIC as error:
        raise InvalidInput(_told(error), hint="see the tables' columns") from error
    except (duckdb.IOException, duckdb.InternalException, duckdb.FatalException) as error:
        raise Unavailable(
            "the tables could not be read", hint="ask again; if it stays so, run `weft doctor`"
        ) from error
    except duckdb.Error as error:
        raise InvalidInput(
            f"the query failed on the data: {type(error).__name__}", hint="use try_cast, or filter first"
        ) from error
    finally:
        cursor.close()


def _plain(answer: pa.Table, types: Sequence[str]) -> pa.Table:
    """The answer in the types that tables have: one name for UTC, and sums of integers as 64-bit integers, as in Spark."""
    fields = [_plain_field(field, kind) for field, kind in zip(answer.schema, types, strict=True)]
    schema = pa.schema(fields)
    if schema.equals(answer.schema):
        return answer
    try:
        columns = [column.cast(field.type) for column, field in zip(answer.columns, fields, strict=True)]
    except pa.ArrowInvalid as error:
        raise InvalidInput("an integer is beyond 64 bits", hint="cast it to double or decimal in the query") from error
    return pa.Table.from_arrays(columns, schema=schema)


def _plain_field(field: pa.Field, kind: str) -> pa.Field:
    if kind in {"HUGEINT", "UHUGEINT"}:
        return field.with_type(pa.int64())
    if pa.types.is_timestamp(field.type) and field.type.tz:
        return field.with_type(pa.timestamp("us", tz="UTC"))
    return field


async def _stop(cursor: duckdb.DuckDBPyConnection, asked: asyncio.Future[pa.Table]) -> None:
    """End a question that is still running; one that still waits for its turn would not hear a single call."""
    while not asked.done():
        cursor.interrupt()
        await asyncio.wait({asked}, timeout=0.05)


def _told(error: duckdb.Error) -> str:
    line = str(error).strip().partition("\n")[0]
    return line.partition(": ")[2] or line
