"""Keyed views: the latest row of each key, built from the log within milliseconds, with the position in the same commit.

A view can be thrown away and built again. A bulk batch enters it later than single rows: until then its offset stands in
`Cursor.bulk`, and readers look into the table as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from weft.model.errors import Conflict
from weft.model.event import Position, Record
from weft.ports.event_log import EventLog
from weft.ports.state_store import Change, Expect, Put, StateStore

CURSORS = "view.cursor"
ROW_RECEIVED = "row.received"
BULK_RECEIVED = "bulk.received"
DEFECTS = "defects"
_BATCH = 2000


class _Stamp(msgspec.Struct, array_like=True, frozen=True):
    position: int
    row: int
    event: str


class ViewRow(msgspec.Struct, frozen=True):
    """A row of a view: its canonical JSON and where it came from."""

    position: int
    row: int
    event: str
    body: bytes


class Cursor(msgspec.Struct, frozen=True):
    """How far a view has come, and the bulk batches before that which it does not hold yet."""

    position: str = "0"
    bulk: tuple[int, ...] = ()
    files: bool = False
    """Whether a bulk batch ever came: then a key may have a row in the files' part of the view as well."""

    @property
    def at(self) -> Position:
        """The position as a value."""
        return Position.parse(self.position)


@dataclass(frozen=True, slots=True)
class Projected:
    """A good row as a view keeps it."""

    key: str
    body: bytes


Project = Callable[[Record], Projected | None]

_stamps = msgspec.json.Decoder(_Stamp)
_cursors = msgspec.json.Decoder(Cursor)


class KeyedView:
    """The latest row of each key of one topic."""

    def __init__(self, topic: str, state: StateStore) -> None:
        self.topic = topic
        self._space = f"view/{topic}"
        self._files = f"view.files/{topic}"
        self._state = state

    async def get(self, key: str, *, files: bool = True) -> ViewRow | None:
        """The row of a key, or None; without `files` only single rows are looked at."""
        single = await self._state.get(self._space, key)
        row = None if single is None else _unpack(single)
        of_file = await self._state.get(self._files, key) if files else None
        if of_file is None:
            return row
        other = _unpack(of_file)
        return other if row is None or _order(other) > _order(row) else row

    async def cursor(self) -> Cursor:
        """How far the view has come."""
        value = await self._state.get(CURSORS, self.topic)
        return Cursor() if value is None else _cursors.decode(value)

    async def advance(self, log: EventLog, project: Project) -> Position:
        """Take in what the log holds beyond the view, one batch; safe to run in several processes at once."""
        before = await self._state.get(CURSORS, self.topic)
        cursor = Cursor() if before is None else _cursors.decode(before)
        records = await log.read(self.topic, cursor.at, limit=_BATCH)
        if not records:
            return cursor.at
        position = cursor.at.merge(Position.at(records[-1].offset + 1, records[-1].partition))
        bulk = (*cursor.bulk, *(record.offset for record in records if record.event.type == BULK_RECEIVED))
        after = msgspec.json.encode(Cursor(str(position), bulk, cursor.files or bool(bulk)))
        changes: list[Change] = [Expect(CURSORS, self.topic, before), *self._puts(records, project)]
        try:
            await self._state.commit([*changes, Put(CURSORS, self.topic, after)], relaxed=True)
        except Conflict:
            return (await self.cursor()).at
        return position

    def _puts(self, records: Sequence[Record], project: Project) -> list[Change]:
        latest: dict[str, Change] = {}
        for record in records:
            projected = project(record) if record.event.type == ROW_RECEIVED else None
            if projected is not None and projected.key:
                value = _pack(record.offset, 0, record.event.id, projected.body)
                latest[projected.key] = Put(self._space, projected.key, value)
        return list(latest.values())

    async def take_in(self, rows: Mapping[str, ViewRow]) -> None:
        """Add rows of a bulk batch, in a part of their own: readers take the newer of both, so nothing is compared here."""
        puts = [Put(self._files, key, _pack(row.position, row.row, row.event, row.body)) for key, row in rows.items()]
        await self._state.commit(puts, relaxed=True)

    async def finish_bulk(self, offset: int) -> None:
        """Note that every row of a bulk batch has been taken in."""
        while True:
            before = await self._state.get(CURSORS, self.topic)
            cursor = Cursor() if before is None else _cursors.decode(before)
            if offset not in cursor.bulk:
                return
            after = Cursor(cursor.position, tuple(other for other in cursor.bulk if other != offset), cursor.files)
            try:
                await self._state.commit(
                    [Expect(CURSORS, self.topic, before), Put(CURSORS, self.topic, msgspec.json.encode(after))],
                    relaxed=True,
                )
            except Conflict:
                continue
            return


def _order(row: ViewRow) -> tuple[int, int]:
    return row.position, row.row


def _pack(position: int, row: int, event: str, body: bytes) -> bytes:
    return msgspec.json.encode(_Stamp(position, row, event)) + b"\n" + body


def _unpack(value: bytes) -> ViewRow:
    head, _, body = value.partition(b"\n")
    stamp = _stamps.decode(head)
    return ViewRow(stamp.position, stamp.row, stamp.event, body)
