"""Whom a change hits: declared consumers, and every gold table that stands on the product."""

from __future__ import annotations

import re

from weft.model.mesh import Mesh


def downstream_of(mesh: Mesh, product: str) -> tuple[str, ...]:
    """The neighbours downstream of a product: `consumer NAME`, and `table PRODUCT/TABLE` of other products' models."""
    owner = mesh.product(product)
    declared = [f"consumer {link.name}" for link in owner.downstream] if owner else []
    named = re.compile(rf"(?<![\w-]){re.escape(product)}(?![\w-])")
    derived = [
        f"table {other.name}/{table.name}"
        for other in mesh.products
        for table in other.tables
        if table.sql and (named.search(table.sql) or other.name == product)
    ]
    upstream = [
        f"product {other.name}" for other in mesh.products if any(link.name == product for link in other.upstream)
    ]
    return tuple(dict.fromkeys((*declared, *derived, *upstream)))
