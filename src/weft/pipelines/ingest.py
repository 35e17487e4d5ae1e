"""Rows come in: check, stamp, append. When the receipt is written, the rows are as durable as the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from weft.events.views import DEFECTS, ROW_RECEIVED
from weft.model.errors import InvalidInput, NotFound
from weft.model.event import Event
from weft.model.key import key_of
from weft.model.principal import Principal
from weft.model.product import Product, Table
from weft.model.receipt import Receipt, RowProblem
from weft.model.row import Checked
from weft.pipelines.workshop import Workshop
from weft.tables.layers import topic_name

_TOLD = 20
_IN_A_THREAD = 500
"""From so many rows on, checking leaves the event loop alone."""


class Ingest:
    """Takes rows in. Access has been decided before: every way in asks the door first."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    async def take(
        self,
        who: Principal,
        product: str,
        table: str,
        rows: Sequence[bytes],
        *,
        source: str = "http",
        once: str = "",
        digest: str = "",
        trace: str = "",
    ) -> Receipt:
        """Take rows as they were sent; the good go on, the bad to quarantine with their reasons.

        The same `once` token with the same `digest` is taken once, however often it is sent.
        """
        owner, target = self._find(product, table)
        if not rows:
            raise InvalidInput("there are no rows", hint="send one JSON object, an array, or one object a line")
        contract = self._workshop.contract(owner, target)
        check = contract.check_many
        checked = await asyncio.to_thread(check, rows) if len(rows) >= _IN_A_THREAD else check(rows)
        bad = [RowProblem(row=i, defects=c.defects) for i, c in enumerate(checked, 1) if not c.good]
        if bad and target.on_invalid == "reject":
            raise InvalidInput(f"{len(bad)} of {len(rows)} rows break {target.contract}", hint=_first(bad))
        version = owner.contract(target.contract)
        stamps = {
            "contract": f"{target.contract}@{version.version if version else ''}",
            "principal": who.id,
            "trace": trace,
            "request": self._workshop.ids.new(),
        }
        events = [self._event(c, target, source, stamps) for c in checked]
        placed = await self._workshop.log.append(topic_name(product, table), events, once=once, digest=digest)
        return Receipt(
            received=len(rows),
            accepted=len(rows) - len(bad),
            quarantined=len(bad),
            position=placed.next,
            repeated=placed.repeated,
            problems=tuple(bad[:_TOLD]),
        )

    def _find(self, product: str, table: str) -> tuple[Product, Table]:
        owner = self._workshop.mesh().known(product)
        target = owner.table(table)
        if target is None or target.layer != "silver":
            takers = ", ".join(other.name for other in owner.tables if other.layer == "silver")
            raise NotFound(f"{product} takes no rows for {table!r}", hint=f"it takes them for {takers or 'no table'}")
        return owner, target

    def _event(self, checked: Checked, table: Table, source: str, stamps: dict[str, str]) -> Event:
        headers = stamps if checked.good else {**stamps, DEFECTS: msgspec.json.encode(checked.defects).decode()}
        return Event(
            id=self._workshop.ids.new(),
            type=ROW_RECEIVED,
            source=source,
            time=self._workshop.clock.now(),
            data=checked.raw,
            key="" if checked.row is None else key_of(checked.row, table.key),
            headers=headers,
        )


def _first(bad: Sequence[RowProblem]) -> str:
    defect = bad[0].defects[0]
    return f"row {bad[0].row}: {defect.path or '/'} {defect.message}"
