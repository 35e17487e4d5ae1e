"""The durable log: one SQLite file in the mesh's folder, blocks of events, one sync for all who append meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast, get_args

import apsw

from weft.backends.address import Address
from weft.backends.event_logs import ledger
from weft.backends.event_logs.blocks import pack
from weft.backends.event_logs.intake import check
from weft.backends.event_logs.watch import Watch
from weft.backends.sqlite.database import Database, Synchronous, told
from weft.backends.sqlite.live_file import LiveFile
from weft.model.errors import InvalidInput
from weft.model.event import Event, Position, Record
from weft.ports.event_log import Appended, EventLog, LogCapabilities

_Kept = Literal["fsync", "os"]
_SYNCHRONOUS: dict[_Kept, Synchronous] = {"fsync": "FULL", "os": "NORMAL"}
_MANY_EVENTS = 1000
_MANY_BYTES = 2**20
"""Above these, packing holds the event loop for more than a millisecond, and goes to a thread."""


class FileLog(EventLog):
    """Survives power cuts with `durability=fsync`, the default, and killed processes with `durability=os`."""

    def __init__(self, folder: Path, *, durability: _Kept = "fsync") -> None:
        self.capabilities = LogCapabilities(durability=durability)
        database = Database(
            path=folder / "events.db", steps=ledger.STEPS, page_size=4096, synchronous=_SYNCHRONOUS[durability]
        )
        self._file = LiveFile[ledger.Append, Appended](database, ledger.write)
        self._watch = Watch(self._changed)
        self._version: object = None

    @classmethod
    def open(cls, url: str, folder: Path) -> FileLog:
        """`file:` lies in the mesh's folder, `file:/absolute/folder` elsewhere; option `durability`: fsync or os."""
        address = Address.parse(url, known=frozenset({"durability"}))
        durability = address.options.get("durability", "fsync")
        if durability not in get_args(_Kept):
            raise InvalidInput(f"{url!r} cannot keep events with durability {durability!r}", hint="fsync or os")
        return cls(address.path or folder / "log", durability=cast(_Kept, durability))

    async def append(self, topic: str, events: Sequence[Event], *, once: str = "", digest: str = "") -> Appended:
        """See EventLog."""
        self._file.check_open()
        check(topic, events)
        weight = sum(len(event.data) for event in events)
        if len(events) > _MANY_EVENTS or weight > _MANY_BYTES:
            pieces = await asyncio.to_thread(pack, events)
        else:
            pieces = pack(events)
        appended = await self._file.write(ledger.Append(topic, pieces, once, digest), weight=weight)
        self._watch.wake()
        return appended

    async def read(self, topic: str, start: Position, *, limit: int = 1000) -> Sequence[Record]:
        """See EventLog."""
        with told(f"topic {topic!r} at offset {start}"):
            return await self._file.read(lambda connection: ledger.read(connection, topic, start.next(), limit))

    async def end(self, topic: str) -> Position:
        """See EventLog."""
        return Position.at(self._end(topic, await self._file.ready()))

    async def wait(self, topic: str, beyond: Position, *, seconds: float) -> bool:
        """See EventLog."""
        connection = await self._file.ready()

        def grown() -> bool:
            self._file.check_open()
            return self._end(topic, connection) > beyond.next()

        return await self._watch.until(grown, seconds=seconds)

    async def topics(self) -> Sequence[str]:
        """See EventLog."""
        connection = await self._file.ready()
        with told(self._file.place):
            return ledger.names(connection)

    async def close(self) -> None:
        """See EventLog."""
        try:
            await self._file.close()
        finally:
            self._watch.wake()

    def _end(self, topic: str, connection: apsw.Connection) -> int:
        with told(f"topic {topic!r}"):
            return ledger.end(connection, topic)

    def _changed(self) -> bool:
        """Whether anyone, here or in another process, has committed since the last look."""
        before = self._version
        if self._file.at_hand:
            self._version = self._file.at_hand.pragma("data_version")
        return self._version != before
