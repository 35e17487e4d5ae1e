"""The promises of Engine as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.model.errors import InvalidInput, Unavailable
from weft.ports.engine import Engine, Relation
from weft.ports.table_store import Snapshot

OpenEngine = Callable[[], Engine]

AROUND = (
    "SELECT * FROM LATERAL {}", "SELECT * FROM LATERAL {} AS x", "SELECT * FROM t, LATERAL {} AS x",
    "SELECT * FROM t, {} AS x", "SELECT * FROM t CROSS JOIN LATERAL {} AS x", "SELECT * FROM t JOIN LATERAL {} AS x ON true",
    "SELECT * FROM t LEFT JOIN LATERAL {} AS x ON true", "SELECT * FROM t POSITIONAL JOIN {} AS x", "FROM LATERAL {}",
    "FROM {}", "SELECT id FROM t UNION ALL SELECT id FROM LATERAL {}", "SELECT id FROM t EXCEPT SELECT id FROM {}",
    "WITH x AS (SELECT * FROM LATERAL {}) SELECT * FROM x", "WITH x AS (FROM {}) SELECT * FROM t, x",
    "SELECT (SELECT max(id) FROM LATERAL {}) AS x FROM t", "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM LATERAL {})",
    "SELECT id FROM t WHERE id IN (SELECT id FROM LATERAL {})", "SELECT id FROM t ORDER BY (SELECT max(id) FROM LATERAL {})",
    "SELECT * FROM (SELECT * FROM LATERAL {}) x", "SELECT * FROM t, LATERAL (SELECT * FROM LATERAL {}) x",
    "SELECT * FROM ({})", "SELECT {} AS x FROM t", "SELECT * FROM t, unnest([{}]) x",
    "SELECT id FROM t GROUP BY id HAVING (SELECT count(*) FROM LATERAL {}) > 0",
    "WITH t AS (SELECT * FROM t) SELECT * FROM t, LATERAL {} AS x",
)  # fmt: skip
"""Places of a SELECT where a source of rows may stand."""
READERS = (
    "read_parquet('{}')", "READ_PARQUET('{}')", "\"read_parquet\"('{}')", "main.read_parquet('{}')", "parquet_scan('{}')",
    "read_parquet(['{}'])", "read_csv('{}')", "read_csv_auto('{}')", "read_text('{}')", "read_blob('{}')",
    "\"read_text\"('{}')", "read_json('{}')", "glob('{}')", "parquet_metadata('{}')", "parquet_schema('{}')",
    "duckdb_tables()", "pragma_version()", "query_table('t')",
)  # fmt: skip
"""Calls that read a file, or the engine, past every relation."""
FILES = (
    "SELECT * FROM '{}'", 'SELECT * FROM "{}"', "FROM '{}'", "SELECT * FROM t, '{}' x", "SELECT * FROM t JOIN '{}' x ON true",
    "SELECT id FROM t UNION ALL SELECT id FROM '{}'", "WITH x AS (FROM '{}') SELECT * FROM x",
    "SELECT id FROM t WHERE EXISTS (FROM '{}')", "SELECT (SELECT max(id) FROM '{}') AS x",
    'SELECT * FROM \'{}\', (WITH "{}" AS (SELECT 1) SELECT 1) x', "SELECT * FROM t, LATERAL (FROM '{}') x",
    'WITH "{}" AS (SELECT 1) SELECT * FROM "{}"', "SELECT * FROM main.'{}'",
    "SELECT * FROM (DESCRIBE t)", "SELECT * FROM (SUMMARIZE t)", "SELECT * FROM (SHOW TABLES)",
)  # fmt: skip
"""Files named like tables, and subqueries that are no queries."""


def ways_around(file: str) -> list[str]:
    """Every spelling known to us of reading a file instead of a relation `t`."""
    calls = [around.format(reader.format(file)) for around in AROUND for reader in READERS]
    return calls + [text.replace("{}", file) for text in FILES]


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("n", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("who", pa.struct([("name", pa.string()), ("age", pa.int64())])),
    ]
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = [
    {"id": "a", "amount": Decimal("1.10"), "n": 1, "at": NOON, "who": {"name": "Ana", "age": 3}},
    {"id": "b", "amount": Decimal("2.20"), "n": 2, "at": NOON, "who": None},
    {"id": "c", "amount": None, "n": 3, "at": None, "who": {"name": None, "age": 5}},
]
WHOLE = {name: f'"{name}"' for name in SCHEMA.names}


def snapshot(folder: Path, *tables: pa.Table, schema: pa.Schema = SCHEMA) -> Snapshot:
    """A snapshot of these rows, a file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    for index, table in enumerate(tables):
        files.append(str(folder / f"{index}.parquet"))
        pq.write_table(table, files[-1])
    rows = sum(table.num_rows for table in tables)
    return Snapshot(name="t", version=1, schema=schema, files=tuple(files), rows=rows, positions={})


class EngineContract:
    """Subclass and define the fixture `open_engine`."""

    @pytest.fixture
    def open_engine(self) -> OpenEngine:
        raise NotImplementedError

    @pytest.fixture
    async def engine(self, open_engine: OpenEngine) -> AsyncGenerator[Engine]:
        engine = open_engine()
        yield engine
        await engine.close()

    @pytest.fixture
    def relation(self, tmp_path: Path) -> Relation:
        rows = pa.Table.from_pylist(ROWS, schema=SCHEMA)
        return Relation(snapshot=snapshot(tmp_path / "t", rows.slice(0, 2), rows.slice(2)), columns=WHOLE)

    async def test_rows_come_back_as_they_are_stored(self, engine: Engine, relation: Relation) -> None:
        answer = await engine.query("SELECT * FROM bank.payment ORDER BY id", {"bank.payment": relation})
        assert answer.schema.equals(SCHEMA)
        assert answer.to_pylist() == ROWS

    async def test_an_empty_table_still_has_its_columns(self, engine: Engine, tmp_path: Path) -> None:
        empty = Relation(snapshot=snapshot(tmp_path / "t"), columns=WHOLE)
        answer = await engine.query("SELECT * FROM t WHERE n > 1", {"t": empty})
        assert (answer.num_rows, answer.schema.equals(SCHEMA)) == (0, True)

    async def test_columns_that_files_lack_are_empty(self, engine: Engine, tmp_path: Path) -> None:
        old = snapshot(tmp_path / "t", pa.table({"id": ["a"]}))
        answer = await engine.query("SELECT id, n, who FROM t", {"t": Relation(snapshot=old, columns=WHOLE)})
        assert answer.to_pylist() == [{"id": "a", "n": None, "who": None}]

    async def test_only_the_offered_columns_can_be_reached(self, engine: Engine, relation: Relation) -> None:
        masked = Relation(snapshot=relation.snapshot, columns={"id": "upper(id)", "n": "NULL::BIGINT"})
        answer = await engine.query("SELECT * FROM t ORDER BY id LIMIT 1", {"t": masked})
        assert answer.to_pylist() == [{"id": "A", "n": None}]
        for text in ("SELECT amount FROM t", "SELECT t.who.name FROM t", "SELECT id FROM t ORDER BY amount"):
            with pytest.raises(InvalidInput):
                await engine.query(text, {"t": masked})

    async def test_rows_that_the_filter_drops_cannot_be_reached(self, engine: Engine, relation: Relation) -> None:
        some = Relation(snapshot=relation.snapshot, columns=WHOLE, where='"n" >= ? AND "id" <> ?', params=[2, "c"])
        answer = await engine.query("SELECT id FROM t WHERE n > ? OR 1 = 1", {"t": some}, params=[0])
        assert answer.to_pylist() == [{"id": "b"}]

    async def test_what_fails_on_a_hidden_row_tells_nothing_of_it(self, engine: Engine, relation: Relation) -> None:
        hidden = Relation(snapshot=relation.snapshot, columns=WHOLE, where="\"id\" = 'nobody'")
        told = ""
        try:
            await engine.query("SELECT id FROM t WHERE CAST(who.name AS INTEGER) > 0", {"t": hidden})
        except InvalidInput as error:
            told = str(error)
        assert "Ana" not in told

    async def test_marks_keep_their_values_wherever_they_stand(self, engine: Engine, relation: Relation) -> None:
        text = "WITH x AS (SELECT * FROM t WHERE n = ?) SELECT ? AS said, id FROM x WHERE id <> ? AND '?' = ? LIMIT ?"
        some = Relation(snapshot=relation.snapshot, columns=WHOLE, where='"n" < ?', params=[3])
        answer = await engine.query(text, {"t": some}, params=[2, "hello", "z", "?", 5])
        assert answer.to_pylist() == [{"said": "hello", "id": "b"}]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("SELECT count(*) AS v FROM p.t a JOIN p.t b USING (id)", 3),
            ("SELECT max(n) AS v FROM (SELECT n FROM p.t UNION ALL SELECT 10)", 10),
            ("SELECT sum(n) AS v FROM p.t", 6),
            ("WITH t AS (SELECT * FROM p.t WHERE n > 1) SELECT count(*) AS v FROM t", 2),
            ("SELECT v FROM (SELECT row_number() OVER (ORDER BY n DESC) AS v, n FROM p.t) WHERE n = 1", 3),
            ("SELECT (SELECT min(n) FROM p.t) AS v", 1),
            ("SELECT P.T.n AS v FROM P.T WHERE T.id = 'a'", 1),
            ("SELECT sum(u) AS v FROM (SELECT unnest([1, 2]) AS u)", 3),
        ],
    )
    async def test_ordinary_sql_is_answered(self, engine: Engine, relation: Relation, text: str, expected: int) -> None:
        answer = await engine.query(text.replace("P.T.n", "T.n"), {"p.t": relation})
        assert answer.to_pylist() == [{"v": expected}]

    async def test_a_with_name_may_hide_a_table_of_the_same_name(self, engine: Engine, relation: Relation) -> None:
        answer = await engine.query("WITH t AS (SELECT * FROM t WHERE n = 1) SELECT id FROM t", {"t": relation})
        assert answer.to_pylist() == [{"id": "a"}]

    @pytest.mark.parametrize(
        "text",
        [
            "", "nonsense", "SELECT", "SELECT * FROM t; SELECT 1", "DROP TABLE t", "CREATE TABLE x AS SELECT 1",
            "INSERT INTO t VALUES (1)", "DELETE FROM t", "UPDATE t SET n = 1", "COPY t TO '/tmp/x'", "ATTACH '/tmp/x'",
            "INSTALL httpfs", "LOAD httpfs", "PRAGMA database_list", "SET memory_limit = '1GB'", "CALL pragma_version()",
            "EXPORT DATABASE '/tmp/x'", "SELECT * FROM other", "SELECT * FROM p.t", "SELECT * FROM '/etc/hostname'",
            "SELECT * FROM read_csv('/etc/hostname')", "SELECT * FROM read_text('/etc/hostname')",
            "SELECT * FROM glob('/etc/*')", "SELECT * FROM information_schema.tables", "SELECT * FROM duckdb_settings()",
            "SELECT * FROM sqlite_master", "SELECT * FROM query('SELECT 1')", "SELECT * FROM range(10)",
            "SELECT current_setting('memory_limit')", "SELECT getenv('HOME')", "SELECT repeat('x', 1000000000)",
            "SELECT space(1000000000)",
            "SELECT lpad('x', 1000000000, 'y')", "SELECT lpad('x', n * 1000000) FROM t", "SELECT nope(id) FROM t",
            "WITH RECURSIVE r AS (SELECT 'a' AS s UNION ALL SELECT s || s FROM r) SELECT count(*) FROM r",
            "WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings", "SELECT * FROM weft_0",
            "SELECT id FROM t WHERE CAST(id AS INTEGER) = 1", "SELECT * FROM t AT (VERSION => 1)",
            "SELECT " + "(" * 3000 + "1" + ")" * 3000, "SELECT '" + "x" * 200_000 + "'",
        ],
    )  # fmt: skip
    async def test_anything_else_is_refused(self, engine: Engine, relation: Relation, text: str) -> None:
        with pytest.raises(InvalidInput):
            await engine.query(text, {"t": relation})

    async def test_no_spelling_reads_a_file_past_its_relation(self, engine: Engine, relation: Relation) -> None:
        masked = Relation(snapshot=relation.snapshot, columns={"id": "'***'"})
        await engine.query("SELECT * FROM t", {"t": masked})
        answered: list[str] = []
        for text in ways_around(masked.snapshot.files[0]):
            with contextlib.suppress(InvalidInput):
                await engine.query(text, {"t": masked})
                answered.append(text)
        assert answered == []

    async def test_lists_and_subqueries_may_stand_beside_a_table(self, engine: Engine, relation: Relation) -> None:
        for source in (
            "unnest([1, 2]) u(x)",
            "LATERAL (SELECT t.n) u",
            "(VALUES (1)) u(x)",
            "LATERAL unnest([t.n]) u(x)",
        ):
            assert (await engine.query(f"SELECT t.id FROM t, {source}", {"t": relation})).num_rows >= len(ROWS)  # noqa: S608

    async def test_a_limit_holds_beside_the_querys_own(self, engine: Engine, relation: Relation) -> None:
        for text, limit, expected in (
            ("SELECT id FROM t ORDER BY id", 2, 2),
            ("SELECT id FROM t ORDER BY id LIMIT 1", 2, 1),
            ("SELECT id FROM t UNION ALL SELECT id FROM t", 4, 4),
            ("SELECT id FROM t LIMIT 100 %", 2, 2),
        ):
            assert (await engine.query(text, {"t": relation}, limit=limit)).num_rows == expected

    async def test_a_question_without_end_is_stopped(self, engine: Engine, relation: Relation) -> None:
        text = " CROSS JOIN ".join(["SELECT count(*) FROM t", *(f"t t{i}" for i in range(40))])
        with pytest.raises(Unavailable):
            await engine.query(text, {"t": relation}, seconds=0.2)
        assert (await engine.query("SELECT 1 AS one", {})).to_pylist() == [{"one": 1}]

    async def test_questions_side_by_side_do_not_see_each_other(self, engine: Engine, relation: Relation) -> None:
        def only(number: int) -> Relation:
            return Relation(snapshot=relation.snapshot, columns=WHOLE, where='"n" = ?', params=[number])

        work = [engine.query("SELECT n FROM t", {"t": only(n % 3 + 1)}) for n in range(12)]
        assert [answer.to_pylist()[0]["n"] for answer in await asyncio.gather(*work)] == [n % 3 + 1 for n in range(12)]

    async def test_partitions_come_back_as_columns(self, engine: Engine, tmp_path: Path) -> None:
        schema = pa.schema([("n", pa.int64()), ("day", pa.date32())])
        first = snapshot(tmp_path / "t" / "day=2026-01-02", pa.table({"n": [1]}), schema=schema)
        relation = Relation(snapshot=first, columns={"n": "n", "day": "day"})
        answer = await engine.query("SELECT * FROM t", {"t": relation})
        assert answer.to_pylist() == [{"n": 1, "day": datetime(2026, 1, 2, tzinfo=UTC).date()}]

    async def test_times_are_in_utc(self, engine: Engine, relation: Relation) -> None:
        answer = await engine.query(
            "SELECT CAST(at AS DATE) AS day, CAST(at AS TEXT) AS text FROM t LIMIT 1", {"t": relation}
        )
        found: dict[str, Any] = answer.to_pylist()[0]
        assert (found["day"], found["text"]) == (NOON.date(), "2026-03-01 12:00:00+00")

    async def test_lines_of_json_are_read_without_loss(self, engine: Engine) -> None:
        members = {
            '"text"': (pa.string(), [('"ä😀 \\n"', "ä😀 \n"), ('""', ""), ("null", None)]),
            '"whole"': (pa.int64(), [("-999999999999999999", -999999999999999999), ("0", 0)]),
            '"exact"': (pa.decimal128(18, 2), [("9999999999999999.99", Decimal("9999999999999999.99")), ("-1", Decimal(-1))]),
            '"real"': (pa.float64(), [("0.1", 0.1), ("1234567890.123456", 1234567890.123456), ("-5e-324", -5e-324)]),
            '"yes"': (pa.bool_(), [("true", True), ("false", False)]),
            '"day"': (pa.date32(), [('"1000-01-01"', date(1000, 1, 1)), ('"2999-12-31"', date(2999, 12, 31))]),
            '"it\'s \\"quoted\\""': (pa.int64(), [("7", 7)]),
            '"at"': (
                pa.timestamp("us", tz="UTC"),
                [
                    ('"2026-03-01T14:00:00.000001+02:00"', NOON.replace(microsecond=1)),
                    ('"1000-01-01T00:00:00.5Z"', datetime(1000, 1, 1, microsecond=500_000, tzinfo=UTC)),
                ],
            ),
            '"in"': (
                pa.struct([("a", pa.string()), ("b", pa.int64())]),
                [('{"b":1}', {"a": None, "b": 1}), ("{}", {"a": None, "b": None}), ("null", None)],
            ),
        }  # fmt: skip
        for name, (kind, values) in members.items():
            key = json.loads(name)
            lines = [f"{{{name}:{text}}}" for text, _ in values]
            found = engine.read_json(pa.array([*lines, "{}"]), pa.schema([(key, kind)]))
            assert found.schema == pa.schema([(key, kind)])
            assert found.column(key).to_pylist() == [*(value for _, value in values), None]

    async def test_numbers_of_json_are_read_to_their_last_digit(self, engine: Engine) -> None:
        chance = Random(1)  # noqa: S311 - the same numbers in every run
        digits = [str(chance.randrange(10**17, 10**18)) for _ in range(5000)]
        for scale in (2, 9, 17):
            texts = [f"{chance.choice(['', '-'])}{one[:-scale]}.{one[-scale:]}" for one in digits]
            lines = pa.array([f'{{"n":{text}}}' for text in texts])
            exact = engine.read_json(lines, pa.schema([("n", pa.decimal128(18, scale))]))
            assert exact.column("n").to_pylist() == [Decimal(text) for text in texts]
            real = engine.read_json(lines, pa.schema([("n", pa.float64())]))
            assert real.column("n").to_pylist() == [float(text) for text in texts]

    async def test_members_of_json_without_a_column_are_left_out(self, engine: Engine) -> None:
        lines = pa.array(['{"ID": 1, "id": 2, "more": {"id": 3}}', '{"more": [4]}'])
        assert engine.read_json(lines, pa.schema([("id", pa.int64())])).to_pylist() == [{"id": 2}, {"id": None}]

    async def test_lines_of_json_are_read_from_many_threads_in_their_order(self, engine: Engine) -> None:
        def read(start: int) -> list[int]:
            lines = pa.array([f'{{"n": {n}}}' for n in range(start, start + 20_000)])
            return engine.read_json(lines, pa.schema([("n", pa.int64())])).column("n").to_pylist()

        found = await asyncio.gather(*(asyncio.to_thread(read, start) for start in range(8)))
        assert found == [[*range(start, start + 20_000)] for start in range(8)]

    async def test_a_schema_that_it_cannot_read_is_refused(self, engine: Engine) -> None:
        twice = pa.schema([("n", pa.int64()), ("N", pa.int64())])
        with pytest.raises(InvalidInput):
            engine.read_json(pa.array(['{"n": 1, "N": 2}']), twice)

    async def test_a_closed_engine_refuses(self, engine: Engine) -> None:
        await engine.close()
        with pytest.raises(Unavailable):
            await engine.query("SELECT 1", {})
        with pytest.raises(Unavailable):
            engine.read_json(pa.array(["{}"]), pa.schema([("n", pa.int64())]))
