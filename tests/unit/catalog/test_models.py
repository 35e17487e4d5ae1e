"""Column lineage of models, and the classes that flow along: whatever the expression, none is lost on the way."""

from __future__ import annotations

import pytest

from weft.catalog.models import inherited_classification, reads_of
from weft.model.column import Classification, Column
from weft.model.mesh import Mesh
from weft.model.product import Product, Table

PAYMENT = (
    Column(name="id", kind="string", classification="public"),
    Column(name="amount", kind="decimal", scale=2),
    Column(name="note", kind="string", classification="restricted"),
    Column(name="Cust", kind="integer", classification="confidential"),
    Column(
        name="pm",
        kind="object",
        fields=(Column(name="l4", kind="string", classification="confidential"), Column(name="t", kind="string")),
    ),
)
TABLES = {"payments-data-product.payment": PAYMENT}
P = '"payments-data-product".payment'


def classes(sql: str, *names: str) -> list[Classification]:
    return list(inherited_classification(sql.replace("PAYMENT", P), TABLES, names).values())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id, amount FROM PAYMENT", ["public", "internal"]),
        ("SELECT max(note) FROM PAYMENT", ["restricted"]),
        ("SELECT count(*), 1, now() FROM PAYMENT", ["internal", "internal", "internal"]),
        ("SELECT count(DISTINCT note) FROM PAYMENT", ["restricted"]),
        ("SELECT CASE WHEN note IS NULL THEN 1 END FROM PAYMENT", ["restricted"]),
        ("SELECT sum(amount) OVER (PARTITION BY note) FROM PAYMENT", ["restricted"]),
        ("SELECT coalesce(id, cast(CUST AS VARCHAR)) FROM PAYMENT", ["confidential"]),
        ("WITH c AS (SELECT note AS x FROM PAYMENT) SELECT upper(x) FROM c", ["restricted"]),
        ("SELECT id FROM PAYMENT UNION ALL SELECT note FROM PAYMENT", ["restricted"]),
        ("SELECT (SELECT max(note) FROM PAYMENT)", ["restricted"]),
        ("SELECT p.pm.t FROM PAYMENT p", ["confidential"]),
        ("SELECT s.n FROM (SELECT note AS n FROM PAYMENT) s", ["restricted"]),
        ("SELECT a.id FROM PAYMENT a JOIN PAYMENT b ON a.id = b.note", ["public"]),
        (
            "WITH RECURSIVE r AS (SELECT note AS n FROM PAYMENT UNION ALL SELECT n FROM r) SELECT n FROM r",
            ["restricted"],
        ),
        ("SELECT p FROM PAYMENT p", ["restricted"]),
        ("SELECT to_json(p) FROM PAYMENT p", ["restricted"]),
        ("SELECT concat(id, to_json(p)) FROM PAYMENT p", ["restricted"]),
        ("SELECT struct_extract(p, 'note') FROM PAYMENT p", ["restricted"]),
        ("SELECT x FROM PAYMENT, unnest([note]) t(x)", ["restricted"]),
        ("SELECT e.i FROM PAYMENT e, LATERAL (SELECT e.note AS i)", ["restricted"]),
        ("SELECT COLUMNS(*) FROM PAYMENT", ["restricted"]),
        ("this is no SQL", ["restricted"]),
        ("SELECT nothing FROM PAYMENT", ["restricted"]),
        ("SELECT a.b FROM elsewhere a", ["restricted"]),
    ],
)
def test_the_strictest_class_flows_into_a_column(sql: str, expected: list[Classification]) -> None:
    assert classes(sql, *"abc"[: len(expected)]) == expected


def test_classes_go_by_place_not_by_name() -> None:
    found = inherited_classification(f"SELECT note AS Total, id FROM {P}", TABLES, ["Total", "id"])
    assert found == {"Total": "restricted", "id": "public"}


def test_another_number_of_columns_than_the_engine_found_counts_as_strict() -> None:
    assert set(classes("SELECT id FROM PAYMENT", "a", "b")) == {"restricted"}
    assert set(classes("SELECT id AS a, note AS A FROM PAYMENT", "a", "a_1")) == {"restricted"}


def test_a_with_name_that_hides_a_table_hides_no_class() -> None:
    text = "WITH payment AS (SELECT note AS id, id AS note FROM payment) SELECT id, note FROM payment"
    assert inherited_classification(text, {"payment": PAYMENT}, ["id", "note"]) == {
        "id": "restricted",
        "note": "public",
    }


def test_a_table_that_only_a_with_name_is_called_like_is_not_read() -> None:
    totals = Table(name="totals", layer="gold", sql="WITH alert AS (SELECT id FROM payment) SELECT id FROM alert")
    column = (Column(name="id", kind="string"),)
    tables = (
        Table(name="alert", layer="silver", columns=column),
        Table(name="payment", layer="silver", columns=column),
    )
    fraud = Product(name="fraud", domain="fraud", version="1", owner="x", file="f", tables=(*tables, totals))
    mesh = Mesh(name="bank", folder="bank", products=(fraud,))
    assert [(read.table, read.columns) for read in reads_of(mesh, fraud, totals)] == [("payment", [("id", "id")])]


def test_a_model_reads_tables_of_its_own_product_and_of_others() -> None:
    totals = Table(
        name="totals",
        layer="gold",
        sql="SELECT p.currency, sum(p.amount) AS total FROM `payments-data-product`.payment p JOIN alert a ON a.id = p.id GROUP BY p.currency",
    )
    alert = Table(name="alert", layer="silver", columns=(Column(name="id", kind="string"),))
    columns = tuple(Column(name=name, kind="string") for name in ("id", "currency", "amount"))
    shared = Table(name="payment", layer="silver", columns=columns)
    fraud = Product(name="fraud", domain="fraud", version="1", owner="x", file="f", tables=(alert, totals))
    payments = Product(name="payments-data-product", domain="p", version="1", owner="x", file="f", tables=(shared,))
    mesh = Mesh(name="bank", folder="bank", products=(payments, fraud))
    found = {(read.product, read.table): read.columns for read in reads_of(mesh, fraud, totals)}
    assert found == {
        ("payments-data-product", "payment"): [("currency", "currency"), ("amount", "total")],
        ("fraud", "alert"): [],
    }
