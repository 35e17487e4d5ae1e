"""Every port shows the same: a row by key, in a list, in a search and in SQL, for each role, whatever the rows hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.contracts import canonical
from weft.governance import filters, masks
from weft.governance.decide import decide
from weft.model.errors import Denied, NotFound
from weft.model.event import Position
from weft.model.key import key_text
from weft.model.principal import Access, Principal
from weft.model.product import Grant
from weft.model.question import Condition, Question
from weft.ports.table_store import Append, Commit
from weft.serving.door import rows_as_json
from weft.tables.layers import model_source

Good = Callable[..., dict[str, Any]]
PRODUCT = "payments-data-product"
PAULA = Principal(id="paula", roles=frozenset({"payments-team"}))
FRANK = Principal(id="frank", roles=frozenset({"fraud-team"}))
ANA = Principal(id="ana", roles=frozenset({"analytics-team"}))
BOTH = Principal(id="both", roles=frozenset({"fraud-team", "analytics-team"}))

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "payment_id": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8),
            "customer_id": st.integers(1, 2**62),
            "amount": st.decimals(0, 10**9, places=2).map(float),
            "currency": st.sampled_from(["EUR", "USD"]),
            "status": st.sampled_from(["PENDING", "CANCELLED", "COMPLETED"]),
            "created_at": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        },
        optional={
            "note": TEXT,
            "urgent": st.booleans(),
            "payment_method": st.fixed_dictionaries({}, optional={"type": TEXT, "last_four": TEXT}),
        },
    ),
    max_size=6,
    unique_by=lambda row: row["payment_id"],
)


@pytest.fixture
async def other_world(make_world: Any) -> Any:
    return await make_world()


async def by_key(world: Any, who: Principal, key: str, table: str = "payment") -> bytes | None:
    try:
        return (await world.door.get(who, PRODUCT, table, key)).body
    except NotFound:
        return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(rows=ROWS)
async def test_get_find_and_query_show_the_same_rows_to_the_same_role(world: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        await world.publish(*rows)
    columns = world.mesh.products[0].tables[0].columns
    for who in (PAULA, FRANK, ANA, BOTH):
        page = await world.door.find(who, PRODUCT, "payment", Question(size=1000))
        listed = {json.loads(bytes(body))["payment_id"]: bytes(body) for body in rows_as_json(page)}
        got = {key: body for key in world.sent if (body := await by_key(world, who, key_text([key])))}
        asked = await world.door.query(who, 'SELECT * FROM "payments-data-product".payment')
        queried = {row["payment_id"]: canonical.encode(row, columns) for row in canonical.rows_of(asked.rows, columns)}
        assert listed == got == queried
        assert page.total == len(listed)
        assert set(listed) == {k for k, r in world.sent.items() if who is not FRANK or r["status"] != "CANCELLED"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6)
@given(rows=ROWS, hidden=st.integers(1, 2**62), text=TEXT)
async def test_what_is_hidden_changes_nothing_that_is_seen(
    world: Any, other_world: Any, rows: list[dict[str, Any]], hidden: int, text: str
) -> None:
    """Two meshes that differ only in values that Ana may not see answer all her questions alike."""
    ana_asks = [
        Question(sort=("-customer_id",), size=100),
        Question(conditions=(Condition(column="customer_id", operator="gt", value=5),)),
        Question(text=text or "x"),
        Question(conditions=(Condition(column="note", operator="eq", value="***"),)),
    ]
    answers = []
    for one, change in ((world, {}), (other_world, {"customer_id": hidden})):
        if rows:
            await one.publish(*[{**row, **change} for row in rows])
        pages = [await one.door.find(ANA, PRODUCT, "payment", question) for question in ana_asks]
        asked = await one.door.query(
            ANA, 'SELECT count(customer_id), sum(customer_id), max(customer_id) FROM "payments-data-product".payment'
        )
        answers.append(
            [(page.total, list(map(bytes, rows_as_json(page)))) for page in pages] + [asked.rows.to_pylist()]
        )
    assert answers[0] == answers[1]


async def test_a_row_beyond_the_filter_cannot_be_told_from_none(world: Any, good: Good) -> None:
    await world.publish(good(1, status="CANCELLED"))
    hidden = await world.get(f"/api/v1/products/{PRODUCT}/payment/p1", "frank")
    absent = await world.get(f"/api/v1/products/{PRODUCT}/payment/p2", "frank")
    assert hidden.status_code == absent.status_code == 404
    first, second = hidden.json(), absent.json()
    assert first.pop("trace") != second.pop("trace")
    assert json.dumps(first).replace("p1", "p2") == json.dumps(second)
    assert (await world.get(f"/api/v1/products/{PRODUCT}/lineage/p1", "frank")).status_code == 404
    assert (await world.get("/payments/p1/status", "frank")).status_code == 404


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(status AS INTEGER) FROM {}",
        "SELECT 1 FROM {} WHERE CAST(note AS INTEGER) = 1",
        "SELECT 1 FROM {} WHERE 1 / (customer_id - 101) > 0",
        "SELECT 1 FROM {} WHERE CAST(status || note AS INTEGER) = 1 ORDER BY CAST(note AS DATE)",
        "SELECT error(note) FROM {}",
    ],
)
async def test_an_error_of_sql_tells_nothing_of_rows_beyond_the_filter(world: Any, good: Good, sql: str) -> None:
    await world.publish(good(1, status="CANCELLED", note="canary-of-the-hidden-row"))
    answer = await world.post("/api/v1/query", {"sql": sql.format('"payments-data-product".payment')}, "frank")
    assert "canary" not in answer.text
    assert "CANCELLED" not in answer.text


async def test_sql_reaches_nothing_beside_the_tables_that_it_may_see(world: Any, good: Good) -> None:
    await world.publish(good(1))
    table = '"payments-data-product".payment'
    for sql in (
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM sqlite_master",
        "SELECT read_text('/etc/passwd')",
        "SELECT getenv('PATH')",
        "COPY (SELECT 1) TO '/tmp/x'",
        "ATTACH '/tmp/x.db'",
        "SET memory_limit='1GB'",
        f"SELECT * FROM {table}; SELECT 1",
        f"SELECT _event_id FROM {table}",
        f"SELECT * FROM a.b.{table}",
        'SELECT * FROM "lone".anything',
        f"DELETE FROM {table}",
        "SELECT (" * 5000,
    ):
        answer = await world.post("/api/v1/query", {"sql": sql}, "ana")
        assert 400 <= answer.status_code < 500, (sql, answer.status_code, answer.text)
        assert "root:" not in answer.text


async def test_a_filter_that_does_not_fit_a_table_shows_nothing_of_it(world: Any) -> None:
    rows = pa.table({"currency": ["EUR"], "total": pa.array([30], pa.decimal128(18, 2))})
    write = Commit(
        write=Append(rows=rows),
        source=model_source(world.mesh.products[0].tables[1].sql),
        start=Position(),
        next=Position.at(1),
    )
    await world.tables.commit(f"{PRODUCT}/totals/gold", write)
    for who, seen in ((PAULA, 1), (FRANK, 0)):
        assert (await world.door.find(who, PRODUCT, "totals", Question())).total == seen
        asked = await world.door.query(who, f'SELECT * FROM "{PRODUCT}".totals')
        assert asked.rows.num_rows == seen
    assert await by_key(world, PAULA, "EUR", "totals")
    assert await by_key(world, FRANK, "EUR", "totals") is None


async def test_masks_are_what_the_policy_says(world: Any, good: Good) -> None:
    await world.publish(good(1))
    row = (await world.get(f"/api/v1/products/{PRODUCT}/payment/p1", "ana")).json()
    assert "customer_id" not in row
    assert row["note"] == "***ut 1"
    assert row["payment_method"] == {"type": "CARD", "last_four": "***"}


async def test_the_compiled_sight_judges_as_the_bare_rules_do(world: Any) -> None:
    """Sight against a model: decide, filter and mask written out."""
    product, table = world.mesh.products[0], world.mesh.products[0].tables[0]
    row = {"payment_id": "x", "amount": Decimal("1.00"), "status": "PENDING", "note": "a longer note"}
    body = canonical.encode(row, table.columns)
    for who in (PAULA, FRANK, ANA, BOTH):
        decision = decide(
            Access(principal=who, action="read", product=PRODUCT, table="payment"), product, table.columns, ()
        )
        keeps = not decision.rows or any(
            filters.keeps(filters.bound(filters.parse(text), table.columns), row) for text in decision.rows
        )
        expected = canonical.encode(masks.masked_row(row, table.columns, decision.masks, "salt"), table.columns)
        assert world.door.look(who, "read", PRODUCT, "payment").shown(body) == (expected if keeps else None)


async def test_sight_is_forgotten_when_the_mesh_changes(world: Any, good: Good) -> None:
    await world.publish(good(1))
    assert (await world.door.get(ANA, PRODUCT, "payment", "p1")).body
    world.change_access(Grant(role="fraud-team", permissions=frozenset({"read"})))
    with pytest.raises(Denied):
        await world.door.get(ANA, PRODUCT, "payment", "p1")
