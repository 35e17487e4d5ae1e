"""A SQLite file in use by an event loop: one connection to write in a thread, one to read in a thread, one at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

import apsw

from weft.backends.sqlite.database import Database, told
from weft.backends.sqlite.writer import GroupWriter, Result, Work
from weft.model.errors import Unavailable, WeftError

_T = TypeVar("_T")

Write = Callable[[apsw.Connection, Sequence[Work]], Sequence[Result | WeftError]]


class LiveFile(Generic[Work, Result]):
    """Opened by the first who needs it. `write` gets groups of work, in the one thread that writes."""

    at_hand: apsw.Connection | None = None
    """The event loop's own connection, for look-ups of microseconds; None while the file is not open."""

    def __init__(self, database: Database, write: Write[Work, Result]) -> None:
        self.place = str(database.path)
        self._database = database
        self._write = write
        self._writer: GroupWriter[Work, Result] | None = None
        self._connections: list[apsw.Connection] = []
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="weft reader")
        self._opening = asyncio.Lock()
        self._closed = False

    async def ready(self) -> apsw.Connection:
        """The connection at hand."""
        if self.at_hand is None:
            async with self._opening:
                await self._open()
        self.check_open()
        assert self.at_hand is not None  # noqa: S101 - `_open` has set it, or raised
        return self.at_hand

    def moment(self) -> apsw.Connection | None:
        """The connection at hand, if the file is open, within a transaction that ends with this turn of the event loop:
        the look-ups of a turn see one moment, and share what it costs SQLite to enter and leave it. No acknowledged write
        is missed: whoever hears of it asks in a later turn.
        """
        if self.at_hand is not None and not self.at_hand.in_transaction:
            asyncio.get_running_loop().call_soon(self._leave)
            self.at_hand.execute("BEGIN")
        return self.at_hand

    def _leave(self) -> None:
        if self.at_hand is not None and self.at_hand.in_transaction:
            self.at_hand.execute("ROLLBACK")

    async def write(self, work: Work, *, weight: int = 0) -> Result:
        """What `write` answered for this piece, once it is as durable as the file is set to be."""
        await self.ready()
        assert self._writer is not None  # noqa: S101 - a ready file has one
        return await self._writer.submit(work, weight=weight)

    async def read(self, call: Callable[[apsw.Connection], _T]) -> _T:
        """Do a longer read beside the event loop."""
        await self.ready()
        return await self._in_thread(partial(call, self._connections[0]))

    def check_open(self) -> None:
        """Refuse with Unavailable once closed."""
        if self._closed:
            raise Unavailable(f"{self.place} is closed", hint="open it again")

    async def close(self) -> None:
        """Finish what was written and let go of the file."""
        self._closed = True
        async with self._opening:
            if self._writer:
                await self._writer.close()
                self._writer = self.at_hand = None
                await self._in_thread(self._close)
        self._threads.shutdown()

    async def _open(self) -> None:
        self.check_open()
        if self.at_hand is None:
            writer, *self._connections = await self._in_thread(self._connect)
            self._writer = GroupWriter[Work, Result](self.place, partial(self._commit, writer))
            self._connections.append(writer)
            self.at_hand = self._connections[1]

    def _connect(self) -> list[apsw.Connection]:
        self._database.prepare()
        return [self._database.connect() for _ in range(3)]

    def _commit(self, connection: apsw.Connection, works: Sequence[Work]) -> Sequence[Result | WeftError]:
        with told(self.place):
            return self._write(connection, works)

    def _close(self) -> None:
        for connection in self._connections:
            connection.close()

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
