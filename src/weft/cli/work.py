"""Work that is due, done now, and what became of it."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from weft.cli.progress import working
from weft.cli.rows import table_of
from weft.cli.terminal import Terminal
from weft.model.errors import Unavailable
from weft.platform.node import Node
from weft.platform.worker import drain
from weft.serving.vitals import Vitals
from weft.telemetry.logs import Log


async def work(node: Node, target: str, terminal: Terminal) -> dict[str, Any]:
    """Do what is due for everything, a product or a table; the runs that this took."""
    product, _, table = target.partition("/")
    if table:
        table_of(node, product, table)
    elif product:
        node.door.product(product)
    before = {run.id for run in await _runs(node)}
    with working(terminal, f"running {target or 'everything that is due'}"):
        if not await drain(node, Log(sys.stderr, node.clock, level="error"), product=product, table=table):
            raise Unavailable("a worker runs already and does this", hint="`weft status` shows how far it has come")
    items = [
        {"product": owner.name, **msgspec.structs.asdict(run)}
        for owner in node.mesh.products
        for run in (await Vitals(node.door.house).runs(owner)).items
        if run.id not in before
    ]
    return {"items": items}


async def _runs(node: Node) -> list[Any]:
    return [run for owner in node.mesh.products for run in (await Vitals(node.door.house).runs(owner)).items]
