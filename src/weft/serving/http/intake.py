"""The way in: a body becomes rows, each with the bytes that were sent for it, and goes to whoever takes rows in."""

from __future__ import annotations

import asyncio
import hashlib

import msgspec

from weft.model.errors import InvalidInput, NotFound
from weft.model.product import Table
from weft.model.receipt import Receipt
from weft.serving.http.answer import Answer, as_json, at
from weft.serving.http.call import BATCH_LIMIT, Call
from weft.serving.http.desk import Desk
from weft.serving.http.rows import split

_LONG = 128 << 10
"""Larger bodies are split in a thread, so that readers do not wait for them."""
_LONGEST_KEY = 200


class Intake:
    """POST …/ingest/{table}."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def rows(self, call: Call) -> Answer:
        """Take rows in; the permission is in the audit trail before the rows are acknowledged."""
        product, name = call.param("product"), call.param("table")
        self._desk.door.allow(call.who, "write", product, name, trace=call.trace.id)
        table = self._table(product, name)
        once = _once(call)
        body = await call.body(BATCH_LIMIT)
        media = call.header(b"content-type").lower()
        rows = await asyncio.to_thread(split, body, media, table) if len(body) > _LONG else split(body, media, table)
        digest = hashlib.sha256(media.encode() + b"\n" + body).hexdigest()
        receipt, _ = await asyncio.gather(
            self._desk.ingest(
                call.who, product, name, rows, source="http", once=once, digest=digest, trace=str(call.trace)
            ),
            self._desk.door.house.audit.flush(),
        )
        return as_json(_told(receipt), status=202, headers=at(receipt.position))

    def _table(self, product: str, name: str) -> Table:
        table = self._desk.door.product(product).table(name)
        if table is None:
            raise NotFound(f"{product} has no table {name!r}")
        if table.layer != "silver":
            raise InvalidInput(f"{product}/{name} is made by its SQL model", hint="write to the tables that it reads")
        return table


def _once(call: Call) -> str:
    """The caller's idempotency key, apart from everybody else's."""
    key = call.header(b"idempotency-key")
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise InvalidInput("the Idempotency-Key is no plain text", hint=f"up to {_LONGEST_KEY} printable characters")
    return f"{call.who.id}/{key}" if key else ""


class DefectPage(msgspec.Struct, frozen=True):
    """Why a row breaks its contract."""

    rule: str
    path: str
    message: str


class RowProblemPage(msgspec.Struct, frozen=True):
    """A row that broke its contract."""

    row: int
    defects: list[DefectPage]


class ReceiptPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a write."""

    received: int
    accepted: int
    quarantined: int
    position: str
    repeated: bool
    problems: list[RowProblemPage]


def _told(receipt: Receipt) -> ReceiptPage:
    return ReceiptPage(
        received=receipt.received,
        accepted=receipt.accepted,
        quarantined=receipt.quarantined,
        position=str(receipt.position),
        repeated=receipt.repeated,
        problems=[
            RowProblemPage(p.row, [DefectPage(d.rule, d.path, d.message) for d in p.defects]) for p in receipt.problems
        ],
    )
