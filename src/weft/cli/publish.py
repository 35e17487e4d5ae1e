"""A file into a table: decided, checked, kept, and readable when the command ends."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from weft.cli.progress import working
from weft.cli.rows import table_of
from weft.cli.terminal import Terminal
from weft.model.errors import InvalidInput
from weft.model.event import Position
from weft.model.principal import Principal
from weft.model.product import Product, Table
from weft.pipelines.files import BulkEvent, Delivery
from weft.pipelines.inbox import FORMATS
from weft.platform.catch_up import until_refined
from weft.platform.node import Node
from weft.tables.layers import topic_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a file. `repeated`: it was taken in before, and nothing was added."""

    file: str
    product: str
    table: str
    received: int
    accepted: int
    quarantined: int
    repeated: bool
    position: str


async def take_file(node: Node, who: Principal, product: str, table: str, path: Path, terminal: Terminal) -> Published:
    """Take a file in once, and wait until its rows can be read."""
    owner = node.door.product(product)
    target = _target(node, owner, table)
    node.door.allow(who, "write", product, target.name)
    await node.audit.flush()
    topic = topic_name(product, target.name)
    before = await node.engines.log.end(topic)
    with working(terminal, f"taking {path.name} in"):
        position = await node.shelf.deliver(owner, target, await asyncio.to_thread(_delivery, path, who))
        await until_refined(node, product, target.name, position)
    return await _told(node, path, owner, target, position, repeated=before.covers(position))


def _target(node: Node, owner: Product, name: str) -> Table:
    silver = [table.name for table in owner.tables if table.layer == "silver"]
    found = table_of(node, owner.name, name or next(iter(silver), ""))
    if found.layer != "silver":
        raise InvalidInput(
            f"{owner.name}/{found.name} is made by its SQL model", hint=f"publish to {', '.join(silver)}"
        )
    return found


def _delivery(path: Path, who: Principal) -> Delivery:
    if path.suffix not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise InvalidInput(f"cannot tell the format of {path.name}", hint=f"its name should end in {known}")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", hint="name a file that is there") from error
    return Delivery(
        id=f"cli/{path.name}/{digest}",
        path=path,
        name=path.name,
        format=FORMATS[path.suffix],
        source="cli",
        principal=who.id,
    )


async def _told(
    node: Node, path: Path, owner: Product, table: Table, position: Position, *, repeated: bool
) -> Published:
    """The counts of a file, from the event that stands for it in the log."""
    topic = topic_name(owner.name, table.name)
    records = await node.engines.log.read(topic, Position.at(position.next() - 1), limit=1)
    told = msgspec.json.decode(records[0].event.data, type=BulkEvent).told.measured
    return Published(
        file=path.name,
        product=owner.name,
        table=table.name,
        received=told.rows,
        accepted=told.good,
        quarantined=told.rows - told.good,
        repeated=repeated,
        position=str(position),
    )
