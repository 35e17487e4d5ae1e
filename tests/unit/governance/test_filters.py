"""Row filters: read once, the same on values and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.governance import filters
from weft.governance.masks import sql_type
from weft.model.column import Column
from weft.model.errors import InvalidInput

COLUMNS = (
    Column(name="status", kind="string"),
    Column(name="amount", kind="decimal", scale=2),
    Column(name="count", kind="integer"),
    Column(name="open", kind="boolean"),
    Column(name="at", kind="timestamp"),
    Column(name="who", kind="object", fields=(Column(name="name", kind="string"),)),
)
ROW = {
    "status": "PENDING",
    "amount": Decimal("19.99"),
    "count": 3,
    "open": True,
    "at": datetime(2026, 1, 2, tzinfo=UTC),
    "who": {"name": "Ana"},
}


def kept(text: str, row: dict) -> bool:
    return filters.keeps(filters.bound(filters.parse(text), COLUMNS), row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status = 'PENDING'", True),
        ("status <> 'PENDING'", False),
        ("status != 'it''s'", True),
        ("amount >= 19.99 and amount < 20", True),
        ("count in (1, 2) or count = 3", True),
        ("not (count in (1, 2))", True),
        ("count not in (3)", False),
        ("open = true", True),
        ("at > '2026-01-01'", True),
        ("at = '2026-01-02T01:00:00+01:00'", True),
        ("who.name = 'Ana'", True),
        ("who.name is null", False),
        ("who.name IS NOT NULL AND status in ('PENDING')", True),
    ],
)
def test_a_filter_keeps_what_it_says(text: str, expected: bool) -> None:
    assert kept(text, ROW) is expected


@pytest.mark.parametrize(
    "text", ["status = 'X'", "status <> 'X'", "status in ('X')", "status not in ('X')", "not status = 'X'"]
)
def test_an_absent_value_is_neither_equal_nor_different(text: str) -> None:
    assert not kept(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status",
        "status =",
        "status = PENDING",
        "status = 'x' and",
        "(status = 'x'",
        "status = 'x')",
        "status = 'x'; drop table t",
        "status like '%x'",
        "1 = 1",
        "read_csv('/etc/passwd') = 'x'",
        "status = 'x' -- all",
        "not " * 100 + "open = true",
        "(" * 100 + "open = true" + ")" * 100,
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        filters.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("state = 'x'", "unknown column"),
        ("who = 'x'", "is an object"),
        ("count = 'three'", "cannot be compared"),
        ("status = 3", "cannot be compared"),
        ("open = 1", "cannot be compared"),
        ("at > 'yesterday'", "cannot be compared"),
    ],
)
def test_a_filter_that_does_not_fit_its_columns_is_told_why(text: str, why: str) -> None:
    assert why in (filters.check(text, COLUMNS) or "")


ROWS = st.fixed_dictionaries(
    {
        "status": st.none() | st.sampled_from(["A", "B", "it's"]),
        "amount": st.none() | st.decimals(-5, 5, places=2),
        "count": st.none() | st.integers(-3, 3),
        "open": st.none() | st.booleans(),
        "at": st.none()
        | st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3)).map(lambda at: at.replace(tzinfo=UTC)),
        "who": st.none() | st.fixed_dictionaries({"name": st.none() | st.sampled_from(["A", "B"])}),
    }
)
TERMS = st.one_of(
    st.builds(
        filters.Compare, st.just("status"), st.sampled_from(["=", "<>", "<"]), st.sampled_from(["A", "B", "it's"])
    ),
    st.builds(filters.Compare, st.just("amount"), st.sampled_from(["=", ">", "<="]), st.decimals(-5, 5, places=2)),
    st.builds(filters.Compare, st.just("count"), st.sampled_from([">=", "<>"]), st.integers(-3, 3)),
    st.builds(filters.Compare, st.just("open"), st.just("="), st.booleans()),
    st.builds(filters.Compare, st.just("at"), st.sampled_from([">", "="]), st.just("2026-01-02T00:00:00Z")),
    st.builds(filters.In, st.just("who.name"), st.just(("A",))),
    st.builds(filters.IsNull, st.sampled_from(["status", "who.name", "amount"])),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(filters.Not, inner),
        st.builds(filters.Both, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(filters.Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("LOAD icu; SET TimeZone = 'UTC'")
    return connection


@given(node=FILTERS, row=ROWS)
def test_values_and_sql_agree(duck: duckdb.DuckDBPyConnection, node: filters.Filter, row: dict) -> None:
    bound = filters.bound(node, COLUMNS)
    sql, params = filters.to_sql(bound, COLUMNS)
    cells = ", ".join(f'CAST(? AS {sql_type(column)}) AS "{column.name}"' for column in COLUMNS)
    values = [row[c.name].isoformat() if c.kind == "timestamp" and row[c.name] else row[c.name] for c in COLUMNS]
    found = duck.execute(f"SELECT count(*) FROM (SELECT {cells}) WHERE {sql}", [*values, *params]).fetchall()
    assert (found[0][0] == 1) is filters.keeps(bound, row)
