"""A SELECT as a document: the same columns and rows that the HTTP port answers."""

from __future__ import annotations

from typing import Any

from weft.model.errors import InvalidInput
from weft.model.event import Position
from weft.model.principal import Principal
from weft.platform.catch_up import catch_up
from weft.platform.node import Node
from weft.serving.http.tabular import cells, column_types
from weft.serving.statement import find_tables
from weft.tables.layers import topic_name


async def select(node: Node, who: Principal, sql: str, *, at: str, limit: int) -> dict[str, Any]:
    """The answer to one SELECT, at a position or later."""
    wanted = _wanted(node, sql, at) if at else {}
    if wanted:
        await catch_up(node)
    began = node.clock.monotonic()
    found = await node.door.query(who, sql, limit=limit, at_least=wanted)
    return {
        "columns": column_types(found.rows.schema),
        "rows": cells(found.rows),
        "positions": {topic: str(position) for topic, position in found.positions.items()},
        "seconds": round(node.clock.monotonic() - began, 6),
    }


def _wanted(node: Node, sql: str, at: str) -> dict[str, Position]:
    """`42` for every table that the SELECT names, or `product/table=42`."""
    topic, equals, text = at.rpartition("=")
    try:
        position = Position.parse(text)
    except ValueError as error:
        raise InvalidInput(f"{at!r} is no position", hint="write what a publish answered, such as 42") from error
    if equals:
        return {topic: position}
    return {topic_name(product, table): position for _, product, table in find_tables(sql, node.mesh)}
