"""From records of the log back to checked rows: the same verdict and the same values for every reader of the log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from weft.contracts import canonical
from weft.contracts.validator import CompiledContract
from weft.events.views import DEFECTS, Project, Projected
from weft.model.event import Record
from weft.model.key import key_of
from weft.model.product import Table
from weft.model.row import Checked, Defect
from weft.tables.layers import Arrival

_defects = msgspec.json.Decoder(tuple[Defect, ...])


def checked(record: Record, contract: CompiledContract) -> Checked:
    """The verdict that was given when the row came in; a row that was good is typed anew, and judged again on the way."""
    told = record.event.headers.get(DEFECTS)
    if told is not None:
        return Checked(record.event.data, None, _defects.decode(told))
    return contract.check(record.event.data)


def arrivals(records: Sequence[Record], contract: CompiledContract) -> list[Arrival]:
    """Records as arrivals, ready for the layers."""
    return [
        Arrival(
            checked=checked(record, contract),
            event=record.event.id,
            received=record.event.time,
            source=record.event.source,
            offset=record.offset,
            position=record.offset,
            contract=record.event.headers.get("contract", ""),
        )
        for record in records
    ]


def projection(table: Table, contract: CompiledContract) -> Project:
    """How a view sees a record: the key and the canonical JSON of a good row."""

    def project(record: Record) -> Projected | None:
        row = checked(record, contract).row
        return None if row is None else Projected(key_of(row, table.key), canonical.encode(row, table.columns))

    return project
