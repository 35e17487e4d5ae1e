"""What the mesh knows of itself, as documents: quarantines, decisions, grants and how far each table has come."""

from __future__ import annotations

from typing import Any

from weft.cli.rows import table_of
from weft.model.errors import Denied
from weft.model.event import Position
from weft.model.principal import Principal
from weft.platform.node import Node
from weft.serving.http.catalog import quarantined_row
from weft.serving.vitals import Vitals
from weft.tables.layers import topic_name


async def quarantines(node: Node) -> dict[str, Any]:
    """How many rows of each table were kept from its ports."""
    items = [
        {
            "product": product.name,
            "table": table.name,
            "received": table.received,
            "quarantined": table.quarantined,
            "last_received": table.last_received,
        }
        for product in node.mesh.products
        for table in (await Vitals(node.door.house).live(product)).tables
        if table.layer == "silver"
    ]
    return {"items": items, "total": len(items)}


async def quarantined(node: Node, who: Principal, product: str, table: str, *, page: int, size: int) -> dict[str, Any]:
    """A page of the rows that broke a contract: for those who may write the product, since the bytes are raw."""
    shape = table_of(node, product, table)
    found = await node.door.quarantined(who, product, shape.name, page=page, size=size)
    return {"items": [quarantined_row(row) for row in found.rows], "page": page, "size": size, "total": found.total}


async def decisions(node: Node, who: Principal, product: str, *, page: int, size: int) -> dict[str, Any]:
    """A page of the audit trail, for those who administer the product that it is about."""
    if product:
        node.door.allow(who, "admin", product)
    elif not who.operator:
        raise Denied(
            f"{who.id} may not read the audit trail of the whole mesh", hint="name one product: --product NAME"
        )
    await node.audit.flush()
    entries, total = await node.audit.tail(page=page, size=size, products={product} if product else None)
    return {"items": entries, "page": page, "size": size, "total": total}


def grants(node: Node, only: str) -> dict[str, Any]:
    """Every line of `access` with the users that it applies to."""
    products = (node.door.product(only),) if only else node.mesh.products
    users = node.mesh.identities.users
    items = [
        {
            "product": product.name,
            "role": grant.role,
            "permissions": sorted(grant.permissions),
            "rows": grant.rows,
            "purpose": grant.purpose,
            "users": sorted(user.id for user in users if grant.role in user.roles),
        }
        for product in products
        for grant in product.access
    ]
    return {"items": items, "total": len(items)}


async def positions(node: Node) -> list[dict[str, Any]]:
    """Each table: how far the log, the view and the table have come, and what came in."""
    items: list[dict[str, Any]] = []
    for product in node.mesh.products:
        for table in (await Vitals(node.door.house).live(product)).tables:
            end = await node.engines.log.end(topic_name(product.name, table.name))
            lag = max(0, _events(end) - _events(Position.parse(table.table_position)))
            items.append(
                {
                    "product": product.name,
                    "table": table.name,
                    "layer": table.layer,
                    "log": str(end),
                    "view": table.position,
                    "stored": table.table_position,
                    "lag": lag if table.layer == "silver" else None,
                    "rows": table.rows,
                    "received": table.received,
                    "quarantined": table.quarantined,
                    "freshness": table.freshness_seconds,
                }
            )
    return items


def _events(position: Position) -> int:
    return sum(offset for _, offset in position.offsets)
