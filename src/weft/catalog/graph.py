"""Lineage of tables and columns: what flows where inside a product and across to its neighbours, and with it the classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from weft.catalog.models import Reads, reads_of
from weft.model.mesh import Mesh
from weft.model.product import Product, Table

NodeKind = Literal["source", "bronze", "silver", "gold", "quarantine", "product", "consumer"]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A place where data rests, or someone who brings or takes it."""

    id: str
    kind: NodeKind
    label: str
    product: str = ""
    table: str = ""
    columns: list[str] = []


class ColumnEdge(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A column that flows into another."""

    source: str
    target: str


class Edge(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """Data that flows, as we move it or as somebody declared."""

    source: str
    target: str
    kind: Literal["flow", "declared"] = "flow"
    columns: list[ColumnEdge] = []


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """A product's neighbourhood."""

    nodes: list[Node]
    edges: list[Edge]


def product_graph(mesh: Mesh, product: Product) -> Graph:
    """The lineage of a product: its sources, layers and models, and who stands before and after it."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for node, edge in _parts(mesh, product):
        if node is not None:
            nodes.setdefault(node.id, node)
        if edge is not None:
            edges.setdefault((edge.source, edge.target), edge)
    known = [edge for edge in edges.values() if edge.source in nodes and edge.target in nodes]
    return Graph(nodes=list(nodes.values()), edges=known)


_Part = tuple[Node | None, Edge | None]


def _parts(mesh: Mesh, product: Product) -> Iterator[_Part]:
    for table in product.tables:
        yield from _layers(product, table)
    for source in product.sources:
        node = Node(id=f"source:{product.name}/{source.name}", kind="source", label=source.name, product=product.name)
        fed = [table for table in product.tables if _feeds(source.name, source.table, table)]
        yield node, None
        for table in fed:
            yield None, Edge(source=node.id, target=_id(product, table, "bronze"))
    yield from _models(mesh, product)
    yield from _declared(mesh, product)


def _feeds(source: str, target: str, table: Table) -> bool:
    return table.layer == "silver" and (table.name == target or table.source.partition(".")[0] == source)


def _layers(product: Product, table: Table) -> Iterator[_Part]:
    yield _table_node(product, table), None
    if table.layer != "silver":
        return
    served = _id(product, table, "silver")
    for layer in ("bronze", "quarantine"):
        place = _id(product, table, layer)
        yield Node(id=place, kind=layer, label=f"{table.name} {layer}", product=product.name, table=table.name), None
    yield None, Edge(source=_id(product, table, "bronze"), target=served)
    yield None, Edge(source=_id(product, table, "bronze"), target=_id(product, table, "quarantine"))


def _table_node(product: Product, table: Table) -> Node:
    return Node(
        id=_id(product, table, table.layer),
        kind=table.layer,
        label=table.name,
        product=product.name,
        table=table.name,
        columns=[column.name for column in table.columns],
    )


def _models(mesh: Mesh, product: Product) -> Iterator[_Part]:
    """The product's own models, and those of others that read it."""
    for owner in mesh.products:
        for table in owner.tables:
            for read in reads_of(mesh, owner, table) if table.sql else ():
                if product.name in {owner.name, read.product}:
                    yield from _model_edge(mesh, owner, table, read)


def _model_edge(mesh: Mesh, owner: Product, table: Table, read: Reads) -> Iterator[_Part]:
    origin = mesh.product(read.product)
    source = origin.table(read.table) if origin else None
    if origin is None or source is None:
        return
    yield _table_node(owner, table), None
    yield _table_node(origin, source), None
    columns = [ColumnEdge(name, target) for name, target in read.columns]
    yield None, Edge(source=_id(origin, source, source.layer), target=_id(owner, table, table.layer), columns=columns)


def _declared(mesh: Mesh, product: Product) -> Iterator[_Part]:
    """Neighbours that the declaration names: they stand before every bronze and after every served table."""
    served = [_id(product, table, table.layer) for table in product.tables]
    entries = [_id(product, table, "bronze") for table in product.tables if table.layer == "silver"]
    for link in product.upstream:
        node = _neighbour(mesh, link.name, "source")
        yield node, None
        for place in entries:
            yield None, Edge(source=node.id, target=place, kind="declared")
    for link in product.downstream:
        node = _neighbour(mesh, link.name, "consumer")
        yield node, None
        for place in served:
            yield None, Edge(source=place, target=node.id, kind="declared")


def _neighbour(mesh: Mesh, name: str, otherwise: NodeKind) -> Node:
    if mesh.product(name) is not None:
        return Node(id=f"product:{name}", kind="product", label=name, product=name)
    return Node(id=f"{otherwise}:{name}", kind=otherwise, label=name)


def _id(product: Product, table: Table, layer: str) -> str:
    return f"{product.name}/{table.name}/{layer}"
