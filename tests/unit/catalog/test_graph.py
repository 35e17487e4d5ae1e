"""The lineage graph: layers, sources, models across products, and neighbours that are only declared."""

from __future__ import annotations

from weft.catalog.graph import product_graph
from weft.model.column import Column
from weft.model.mesh import Mesh
from weft.model.product import Link, Product, Source, Table

PAYMENT = Table(
    name="payment", layer="silver", source="mysql.payments", columns=(Column(name="amount", kind="decimal", scale=2),)
)
REFUND = Table(name="refund", layer="silver")
PAYMENTS = Product(
    name="payments",
    domain="payments",
    version="1",
    owner="x",
    file="f",
    tables=(PAYMENT, REFUND),
    sources=(Source(name="mysql", kind="mysql"), Source(name="inbox", kind="files", table="refund")),
    upstream=(Link(name="customers", kind="api"), Link(name="ledger", kind="database")),
    downstream=(Link(name="dashboards", kind="api"),),
)
CUSTOMERS = Product(name="customers", domain="customers", version="1", owner="x", file="f")
FRAUD = Product(
    name="fraud",
    domain="fraud",
    version="1",
    owner="x",
    file="f",
    tables=(Table(name="daily", layer="gold", sql="SELECT sum(amount) AS total FROM payments.payment"),),
)
MESH = Mesh(name="bank", folder="bank", products=(PAYMENTS, CUSTOMERS, FRAUD))


def test_a_product_s_neighbourhood_is_drawn() -> None:
    graph = product_graph(MESH, PAYMENTS)
    kinds = {node.id: node.kind for node in graph.nodes}
    assert kinds["product:customers"] == "product"
    assert kinds["source:ledger"] == "source"
    assert kinds["consumer:dashboards"] == "consumer"
    assert kinds["fraud/daily/gold"] == "gold"
    edges = {(edge.source, edge.target): edge for edge in graph.edges}
    assert ("source:payments/mysql", "payments/payment/bronze") in edges
    assert ("source:payments/mysql", "payments/refund/bronze") not in edges
    assert ("source:payments/inbox", "payments/refund/bronze") in edges
    assert ("payments/payment/bronze", "payments/payment/silver") in edges
    assert ("payments/payment/bronze", "payments/payment/quarantine") in edges
    assert edges["product:customers", "payments/payment/bronze"].kind == "declared"
    assert edges["payments/refund/silver", "consumer:dashboards"].kind == "declared"
    flows = edges["payments/payment/silver", "fraud/daily/gold"].columns
    assert [(flow.source, flow.target) for flow in flows] == [("amount", "total")]


def test_the_reader_sees_where_its_model_reads_from() -> None:
    graph = product_graph(MESH, FRAUD)
    assert {node.id for node in graph.nodes} == {"fraud/daily/gold", "payments/payment/silver"}
    assert len(graph.edges) == 1


def test_every_edge_joins_two_nodes() -> None:
    for product in MESH.products:
        graph = product_graph(MESH, product)
        known = {node.id for node in graph.nodes}
        assert all(edge.source in known and edge.target in known for edge in graph.edges)
