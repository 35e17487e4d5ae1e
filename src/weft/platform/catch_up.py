"""Until what was written can be read: by the running worker, or else by doing the worker's part here and now."""

from __future__ import annotations

import asyncio
import sys

from weft.model.errors import NotFound, Unavailable
from weft.model.event import Position
from weft.platform.node import Node
from weft.platform.worker import drain
from weft.tables.layers import table_name, topic_name
from weft.telemetry.logs import Log

_POLL = 0.1
_PATIENCE = 600.0


async def catch_up(node: Node) -> bool:
    """Bring tables, views and models up with the log; False where a running worker does that already."""
    return await drain(node, Log(sys.stderr, node.clock, level="error"))


async def until_refined(node: Node, product: str, table: str, position: Position) -> None:
    """Return once the table holds everything before a position."""
    if await _holds(node, product, table, position) or await catch_up(node):
        return
    deadline = node.clock.monotonic() + _PATIENCE
    while node.clock.monotonic() < deadline:
        if await _holds(node, product, table, position):
            return
        await asyncio.sleep(_POLL)
    raise Unavailable(
        f"{product}/{table} has not reached position {position} after {_PATIENCE:.0f} s",
        hint="`weft status` shows its lag",
    )


async def _holds(node: Node, product: str, table: str, position: Position) -> bool:
    try:
        snapshot = await node.engines.tables.snapshot(table_name(product, table, "silver"))
    except NotFound:
        return False
    return snapshot.positions.get(topic_name(product, table), Position()).covers(position)
