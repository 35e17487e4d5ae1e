"""Whom a change hits: declared consumers, and every gold table that stands on the product."""

from __future__ import annotations

from weft.catalog.models import reads_of
from weft.model.mesh import Mesh


def downstream_of(mesh: Mesh, product: str) -> tuple[str, ...]:
    """The neighbours downstream of a product: `consumer NAME`, `table PRODUCT/TABLE` of models, `product NAME`."""
    owner = mesh.product(product)
    declared = [f"consumer {link.name}" for link in owner.downstream] if owner else []
    derived = [
        f"table {other.name}/{table.name}"
        for other in mesh.products
        for table in other.tables
        if table.sql and any(reads.product == product for reads in reads_of(mesh, other, table))
    ]
    upstream = [
        f"product {other.name}" for other in mesh.products if any(link.name == product for link in other.upstream)
    ]
    return tuple(dict.fromkeys((*declared, *derived, *upstream)))
