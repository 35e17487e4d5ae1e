"""Every engine keeps its promises; and models in Spark SQL mean on DuckDB what they mean on Spark 4 with ANSI on."""

from datetime import date
from decimal import Decimal

import pytest

from weft.backends.engines.duckdb import DuckdbEngine
from weft.model.errors import InvalidInput
from weft.testing.clock import HandClock
from weft.testing.engine import EngineContract


class TestDuckdbEngine(EngineContract):
    @pytest.fixture
    def open_engine(self, tmp_path):
        return lambda: DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())


@pytest.fixture
async def engine(tmp_path):
    engine = DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())
    yield engine
    await engine.close()


SPARK = [
    ("dayofweek(date '2026-11-22')", 1),
    ("weekday(date '2026-11-23')", 0),
    ("timestampdiff(HOUR, timestamp '2026-01-01 00:59:00', timestamp '2026-01-01 02:00:00')", 1),
    ("datediff(date '2026-01-03', date '2026-01-01')", 2),
    ("cast(2.7 as int)", 2),
    ("cast(2.7D as bigint)", 2),
    ("cast(-2.7D as int)", -2),
    ("int(3.9D)", 3),
    ("cast('12' as int)", 12),
    ("try_cast('x' as int)", None),
    ("cast(timestamp '2026-01-01 10:00:00' as string)", "2026-01-01 10:00:00"),
    ("cast(1.50 as string)", "1.50"),
    ("date_add(date '2026-01-31', 3)", date(2026, 2, 3)),
    ("date_sub(date '2026-03-01', 1)", date(2026, 2, 28)),
    ("add_months(date '2026-01-31', 1)", date(2026, 2, 28)),
    ("trunc(date '2026-05-31', 'MM')", date(2026, 5, 1)),
    ("7 / 2", 3.5),
    ("7 div 2", 3),
    ("-7 % 3", -1),
    ("pmod(-7, 3)", 2),
    ("substring('abc', 0, 2)", "ab"),
    ("date_format(timestamp '2026-05-31 10:01:02', 'yyyy-MM-dd HH:mm')", "2026-05-31 10:01"),
    ("to_date('20260102', 'yyyyMMdd')", date(2026, 1, 2)),
    ("floor(2.7)", 2),
    ("ceil(2.2D)", 3),
    ("dayname(date '2026-11-22')", "Sun"),
    ("monthname(date '2026-11-22')", "Nov"),
    ("unix_timestamp(timestamp '1970-01-02 00:00:00')", 86400),
    ("from_unixtime(86400)", "1970-01-02 00:00:00"),
    ("split('a,b', ',')[1]", "b"),
    ("concat_ws('-', 'a', null, 'b')", "a-b"),
    ("round(2.5D)", 3.0),
    ("nvl(null, 1)", 1),
    ("null <=> null", True),
    ("sum(x) from values (1), (2) as t(x)", 3),
    ("percentile(x, 0.5) from values (1), (2) as t(x)", 1.5),
    ("approx_count_distinct(x) from values (1), (1), (2) as t(x)", 2),
    ("collect_list(x) from values (1), (2) as t(x)", [1, 2]),
    ("cast(1.25 as decimal(10, 2))", Decimal("1.25")),
    ("first_value(x) over (order by x) from values (1), (null) as t(x) limit 1", None),
]


@pytest.mark.parametrize(("expression", "expected"), SPARK, ids=[expression for expression, _ in SPARK])
async def test_a_spark_expression_has_its_value(engine, expression, expected):
    answer = await engine.query(engine.translate(f"SELECT {expression}"), {})
    assert answer.column(0)[0].as_py() == expected


@pytest.mark.parametrize(
    "expression",
    ["1 / 0", "1 % 0", "1 div 0", "cast('x' as int)", "cast('12.7' as int)", "cast('2026-13-01' as date)"],
)
async def test_what_fails_on_spark_fails_here(engine, expression):
    with pytest.raises(InvalidInput):
        await engine.query(engine.translate(f"SELECT {expression}"), {})


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("months_between(a, b)", "months_between"),
        ("from_utc_timestamp(a, 'CET')", "time zones"),
        ("timestampdiff(MONTH, a, b)", "timestampdiff"),
        ("window(a, '5 minutes')", "window"),
        ("rand()", "rand"),
        ("uuid()", "uuid"),
        ("hash(a)", "hash"),
        ("crc32(a)", "crc32"),
        ("bround(a)", "bround"),
        ("from_json(a, 'b int')", "from_json"),
        ("date_format(a, 'EEE')", "pattern"),
        ("extract(DAYOFWEEK FROM a)", "extract"),
        ("sha2(a, 512)", "sha2"),
        ("my_own_function(a)", "my_own_function"),
    ],
)
def test_what_would_differ_is_refused_by_name(tmp_path, expression, named):
    engine = DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())
    with pytest.raises(InvalidInput, match=named):
        engine.translate(f"SELECT {expression} FROM t")


@pytest.mark.parametrize(
    "text", ["", "SELECT 1; SELECT 2", "DROP TABLE t", "SELECT FROM WHERE", "INSERT INTO t SELECT 1"]
)
def test_a_model_is_one_select(tmp_path, text):
    engine = DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())
    with pytest.raises(InvalidInput):
        engine.translate(text)


def test_nulls_sort_first_as_in_spark(tmp_path):
    engine = DuckdbEngine.open("duckdb:", tmp_path, clock=HandClock())
    assert "NULLS FIRST" in engine.translate("SELECT a FROM t ORDER BY a")


async def test_with_recursive_is_refused_before_it_runs(engine):
    with pytest.raises(InvalidInput, match="RECURSIVE cannot be asked"):
        await engine.query("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r", {})
