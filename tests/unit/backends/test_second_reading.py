"""The second wall, alone and behind the first: what DuckDB's parser sees must be the relations that were handed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from weft.backends.engines.duckdb import DuckdbEngine
from weft.backends.engines.second_reading import REMEMBERED, SecondReader
from weft.model.errors import InvalidInput
from weft.ports.engine import Relation
from weft.testing.clock import HandClock
from weft.testing.engine import ROWS, SCHEMA, WHOLE, snapshot

Read = Callable[[str], None]


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def read(cursor: duckdb.DuckDBPyConnection) -> Read:
    return lambda text: SecondReader().confirm(text, frozenset({"weft_0", "weft_1"}), cursor)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT a, count(*) FROM weft_0 AS t JOIN weft_1 USING (a) WHERE b = $1 GROUP BY ALL ORDER BY 2 DESC LIMIT 5",
        "SELECT DISTINCT ON (a) a FROM WEFT_0 LIMIT 5 %",
        "SELECT a FROM weft_0 UNION ALL (SELECT a FROM weft_1 EXCEPT SELECT 1)",
        "WITH x AS (SELECT * FROM weft_0), y AS (FROM X) SELECT * FROM y WHERE EXISTS (FROM x)",
        "WITH x AS (WITH y AS (FROM weft_0) FROM y) SELECT (SELECT max(a) FROM x)",
        "SELECT * FROM weft_0 POSITIONAL JOIN weft_1",
        "SELECT * FROM weft_0 t, LATERAL (SELECT t.a), unnest([1, 2]) u(x), (VALUES (1)) v(y)",
        "SELECT COLUMNS(*) FROM weft_0",
        "SELECT sum(a) FILTER (WHERE a > 1) OVER (PARTITION BY b ORDER BY c ROWS UNBOUNDED PRECEDING) FROM weft_0 QUALIFY a > 1",
        "SELECT {'a': 1}, [x + 1 FOR x IN [1]], CAST(a AS STRUCT(x DECIMAL(3, 1))), lpad('a', 5, ' ') FROM weft_0",
        "SELECT 'FROM ''file.parquet''', \"read_parquet\" FROM weft_0 /* FROM x */ -- FROM y",
    ],
)
def test_a_plain_select_over_the_relations_is_confirmed(read: Read, text: str) -> None:
    read(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE weft_0",
        "DROP TABLE weft_0",
        "COPY weft_0 TO 'x'",
        "CREATE MACRO m() AS TABLE SELECT 1",
        "PIVOT weft_0 ON a USING sum(b)",
        "SELECT * FROM weft_0 PIVOT (sum(a) FOR b IN (1, 2))",
        "SELECT * FROM weft_0 UNPIVOT (a FOR b IN (c, d))",
        "SUMMARIZE weft_0",
        "DESCRIBE weft_0",
        "SHOW TABLES",
        "SELECT * FROM (DESCRIBE weft_0)",
        "SELECT * FROM (SUMMARIZE weft_0)",
        "WITH x AS (DESCRIBE weft_0) FROM x",
        "FROM other",
        "TABLE other",
        "FROM 'file.parquet'",
        'FROM "file.parquet"',
        "FROM main.weft_0",
        "FROM a.b.weft_0",
        "FROM weft_2",
        "SELECT * FROM weft_0 POSITIONAL JOIN other",
        "SELECT * FROM weft_0, read_parquet('x')",
        "SELECT * FROM weft_0, main.unnest([1])",
        "FROM query('SELECT 1')",
        "FROM query_table('weft_0')",
        "FROM range(3)",
        "SELECT (SELECT max(a) FROM other)",
        "SELECT 1 WHERE 1 IN (FROM other)",
        "SELECT 1 ORDER BY (SELECT 1 FROM other)",
        "SELECT 1 LIMIT (SELECT 1 FROM other)",
        "SELECT list_transform([1], lambda x: (SELECT max(a) FROM other))",
        "SELECT * FROM weft_0 t JOIN weft_1 u ON t.a = (SELECT 1 FROM other)",
        "SELECT * REPLACE ((SELECT 1 FROM other) AS a) FROM weft_0",
        "SELECT sum(a) FILTER (WHERE EXISTS (FROM other)) FROM weft_0",
        "SELECT sum(a) OVER (ORDER BY (SELECT 1 FROM other)) FROM weft_0",
        "SELECT * FROM (VALUES ((SELECT 1 FROM other)))",
        "SELECT * FROM unnest((SELECT [a] FROM other))",
        "SELECT 1 FROM (WITH x AS (SELECT 1) FROM x), x",
        "WITH y AS (FROM x), x AS (SELECT 1) FROM y",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) FROM x",
        "FROM weft_0 AT (VERSION => 1)",
        "FROM weft_0 TABLESAMPLE 5",
        "SELECT * FROM weft_0 USING SAMPLE 5",
        "SELECT repeat('x', 1000000000)",
        "SELECT REPEAT('x', 5)",
        "SELECT main.getenv('HOME')",
        "SELECT current_setting('memory_limit')",
        "SELECT generate_series(1, 10)",
        "SELECT " + "+".join(["a"] * 800) + " FROM weft_0",
        "SELECT $$a$$ FROM $$file.parquet$$",
        "SELECT E'\\'' FROM other --'",
        "SELECT 1 /* /* */ FROM weft_0 */ FROM other",
        'SELECT 1 FROM weft_0 U&"x", other',
        "SELECT 1 -- \r FROM weft_0 \n FROM other",
    ],
)
def test_anything_else_is_refused_whoever_read_it_before(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.hint


def test_what_was_confirmed_for_some_relations_is_not_for_fewer(cursor: duckdb.DuckDBPyConnection) -> None:
    reader = SecondReader()
    reader.confirm("FROM weft_1", frozenset({"weft_0", "weft_1"}), cursor)
    with pytest.raises(InvalidInput):
        reader.confirm("FROM weft_1", frozenset({"weft_0"}), cursor)


def test_a_refused_text_is_refused_again(cursor: duckdb.DuckDBPyConnection) -> None:
    reader = SecondReader()
    for _ in range(2):
        with pytest.raises(InvalidInput):
            reader.confirm("FROM other", frozenset(), cursor)


def test_only_so_many_texts_are_remembered(cursor: duckdb.DuckDBPyConnection) -> None:
    reader = SecondReader()
    for number in range(REMEMBERED + 5):
        reader.confirm(f"SELECT {number}", frozenset(), cursor)
    assert len(reader._confirmed) <= REMEMBERED


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[DuckdbEngine]:
    engine = DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())
    yield engine
    await engine.close()


@pytest.fixture
def relation(tmp_path: Path) -> Relation:
    rows = pa.Table.from_pylist(ROWS, schema=SCHEMA)
    return Relation(snapshot=snapshot(tmp_path / "t", rows), columns={"id": "'***'"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT space(1000000000)",
        "SELECT generate_date_array(date '0001-01-01', date '9999-01-01')",
        "WITH a AS (SELECT 1 AS n) (WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings)",
        "SELECT * FROM t, LATERAL inline([{'a': 1}]) u(a)",
        "SELECT * FROM t, LATERAL stack(1, 2) u(a)",
        "SELECT 1 FROM $$FILE$$",
        "SELECT $$'$$, * FROM 'FILE' --'",
        "SELECT E'\\'', * FROM 'FILE' --'",
        "SELECT '\\', * FROM 'FILE' --'",
        "SELECT 1 -- \r , * FROM 'FILE'",
        "SELECT 1 # , * FROM 'FILE'",
        "SELECT 1 // , * FROM 'FILE'",
        "SELECT 1 {# #} FROM 'FILE'",
        "SELECT 1 FROM U&'FILE'",
        'SELECT 1 FROM U&"FILE"',
        "SELECT 1 FROM \u2018FILE\u2019",
        "SELECT 1 FROM \u201cFILE\u201d",
        "SELECT 1 FROM `FILE`",
        "SELECT 1 FROM [FILE]",
        "SELECT 1 FROM\u00a0'FILE'",
        "SELECT 1 FROM\u200b'FILE'",
        "FROM 'FILE'",
        "FROM x := 'FILE'",
        "SELECT 1 FROM t x: 'FILE'",
        "SELECT * FROM x: read_parquet('FILE')",
        "TABLE 'FILE'",
        "SUMMARIZE 'FILE'",
        "DESCRIBE 'FILE'",
        "SHOW 'FILE'",
        "PIVOT 'FILE' ON id",
        "SELECT * FROM t PIVOT (max(id) FOR id IN ('a'))",
        "SELECT * FROM t UNPIVOT (a FOR b IN (id))",
        "SELECT COLUMNS((SELECT 'id' FROM 'FILE')) FROM t",
        "SELECT * FROM t POSITIONAL JOIN 'FILE'",
        "SELECT * FROM t ASOF JOIN 'FILE' u ON t.id >= u.id",
        "VALUES ((SELECT max(id) FROM 'FILE'))",
        "SELECT * FROM (VALUES ((SELECT max(id) FROM 'FILE')))",
        "SELECT (FROM 'FILE' SELECT max(id))",
        "SELECT [x FOR x IN (SELECT list(id) FROM 'FILE')]",
        "SELECT MAP {'a': (SELECT max(id) FROM 'FILE')}",
        "SELECT 1 LIMIT (SELECT count(*) FROM 'FILE')",
        "CREATE MACRO m() AS TABLE FROM 'FILE'",
        "SELECT * FROM t; FROM 'FILE'",
        "SELECT 1 \0 FROM 'FILE'",
    ],
)
async def test_no_text_that_two_parsers_could_read_differently_reaches_a_file(
    engine: DuckdbEngine, relation: Relation, text: str
) -> None:
    whole = Relation(snapshot=relation.snapshot, columns=WHOLE)
    await engine.query("SELECT * FROM t", {"t": whole})
    with pytest.raises(InvalidInput):
        await engine.query(text.replace("FILE", relation.snapshot.files[0]), {"t": relation})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 'FROM ''x.parquet''' AS v FROM t LIMIT 1", "FROM 'x.parquet'"),
        ("SELECT $$FROM 'x.parquet'$$ AS v", "FROM 'x.parquet'"),
        ("SELECT /* FROM 'x' */ max(id) AS v FROM t -- FROM 'y'", "***"),
        ("WITH u AS (FROM t) SELECT max(COLUMNS('id')) AS v FROM u POSITIONAL JOIN (SELECT 1 AS n)", "***"),
        ("FROM t SELECT v: max(id)", "***"),
        ("SELECT 1 AS v --\u2028 , * FROM 'x'", 1),
        ("SELECT 1 AS v /* /* */ , * FROM 'x' -- */", 1),
        ("SELECT lpad('x', 3, '-') AS v", "--x"),
        ("SELECT concat(?, ?) AS v", "ab"),
    ],
)
async def test_what_only_looks_dangerous_is_answered(
    engine: DuckdbEngine, relation: Relation, text: str, expected: Any
) -> None:
    params = ["a", "b"] if "?" in text else []
    answer = await engine.query(text, {"t": relation}, params=params)
    assert answer.to_pylist() == [{"v": expected}]
