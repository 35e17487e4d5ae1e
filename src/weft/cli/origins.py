"""Lineage as documents: of a product's tables, and of one row back to the request that brought it."""

from __future__ import annotations

from weft.catalog.graph import Graph, product_graph
from weft.model.principal import Principal
from weft.platform.node import Node
from weft.serving.http.catalog import Trail


async def graph(node: Node, _: Principal, product: str) -> Graph:
    """The neighbourhood of a product: open to everyone who may sign in, like the shelf."""
    return product_graph(node.mesh, node.door.product(product))


async def trail(node: Node, who: Principal, product: str, table: str, key: str) -> Trail:
    """The steps of one row, from the answer back to the request."""
    steps = await node.door.trail(who, product, table, key)
    return Trail(product=product, table=table, key=key, steps=steps)
