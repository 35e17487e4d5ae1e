"""State in one SQLite file: reads go straight to it, commits that come while one is under way share the next sync."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import apsw

from weft.backends.address import Address
from weft.backends.migrations import Migration
from weft.backends.sqlite.database import Database, Synchronous, told, transaction
from weft.backends.sqlite.live_file import LiveFile
from weft.backends.state_stores.effect import Commit, Effect, Place, Wipe, beyond_prefix, check, check_text
from weft.model.errors import WeftError
from weft.ports.state_store import Change, Put, StateCapabilities, StateStore

Values = tuple[str | int, ...]

STEPS = (
    Migration(
        name="entries",
        why="SQLite compares text bytewise in UTF-8, which is the order that StateStore promises.",
        sql=(
            """CREATE TABLE entry (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY (space, key)) STRICT, WITHOUT ROWID""",
        ),
    ),
)

_GET = "SELECT value FROM entry WHERE space = ? AND key = ?"
_PUT = "INSERT INTO entry VALUES ? ON CONFLICT DO UPDATE SET value = excluded.value"
_DELETE = "DELETE FROM entry WHERE space = ? AND key = ?"
_WIPE = "DELETE FROM entry WHERE space = ?"
_COUNT = "SELECT count(*) FROM entry WHERE space = ?"

_ROWS = 100
"""Rows that one statement puts: each statement lets go of the interpreter, and a busy event loop may keep it for 5 ms."""

_LONG_SCAN = 1000
"""A scan for more than this goes to a thread: it would hold the event loop for more than about a millisecond."""


class SqliteState(StateStore):
    """Durable, and shared between processes.

    Relaxed commits are written to the WAL but not synced: a killed process loses none, a power cut may undo those that
    no sync has followed. Any other commit syncs them with itself.
    """

    capabilities = StateCapabilities(durable=True, shared=True)

    def __init__(self, path: Path) -> None:
        self._file = LiveFile[Commit, None](Database(path=path, steps=STEPS, page_size=8192), self._write)
        self._synchronous: Synchronous = "FULL"

    @classmethod
    def open(cls, url: str, folder: Path) -> SqliteState:
        """`sqlite:` is `state.db` in the mesh's folder, `sqlite:/absolute/file` another."""
        return cls(Address.parse(url).path or folder / "state.db")

    async def get(self, space: str, key: str) -> bytes | None:
        """See StateStore."""
        check_text(space, key)
        with told(self._file.place):
            at_hand = self._file.moment() or await self._file.ready()
            return at_hand.execute(_GET, (space, key)).get

    async def scan(
        self, space: str, *, prefix: str = "", after: str = "", limit: int = 1000, backwards: bool = False
    ) -> Sequence[tuple[str, bytes]]:
        """See StateStore."""
        at_hand = await self._file.ready()
        check_text(space, prefix, after)
        rows = partial(self._rows, *_scan(space, prefix, after, limit, backwards=backwards))
        return await self._file.read(rows) if limit > _LONG_SCAN else rows(at_hand)

    async def count(self, space: str) -> int:
        """See StateStore."""
        check_text(space)
        ((found,),) = await self._file.read(partial(self._rows, _COUNT, (space,)))
        return found

    async def commit(self, changes: Sequence[Change], *, relaxed: bool = False) -> None:
        """See StateStore."""
        check(changes)
        await self._submit(Commit(tuple(changes), relaxed))

    async def clear(self, space: str) -> None:
        """See StateStore."""
        check_text(space)
        await self._submit(Commit((Wipe(space),)))

    async def close(self) -> None:
        """See StateStore."""
        await self._file.close()

    async def _submit(self, commit: Commit) -> None:
        weight = sum(len(change.value) for change in commit.changes if isinstance(change, Put))
        await self._file.write(commit, weight=weight)

    def _write(self, connection: apsw.Connection, commits: Sequence[Commit]) -> Sequence[WeftError | None]:
        self._sync_by(connection, "NORMAL" if all(commit.relaxed for commit in commits) else "FULL")
        with transaction(connection):
            effect = Effect()
            refusals = [effect.add(commit, partial(_held, connection)) for commit in commits]
            _store(connection, effect)
        return refusals

    def _sync_by(self, connection: apsw.Connection, synchronous: Synchronous) -> None:
        if synchronous != self._synchronous:
            connection.pragma("synchronous", synchronous)
            self._synchronous = synchronous

    def _rows(self, sql: str, values: Values, connection: apsw.Connection) -> list[tuple[Any, ...]]:
        with told(self._file.place):
            return connection.execute(sql, values).fetchall()


def _held(connection: apsw.Connection, place: Place) -> bytes | None:
    return connection.execute(_GET, place).get


def _store(connection: apsw.Connection, effect: Effect) -> None:
    for space in effect.wiped:
        connection.execute(_WIPE, (space,))
    gone = [place for place, value in effect.values.items() if value is None]
    kept = [(*place, value) for place, value in effect.values.items() if value is not None]
    connection.executemany(_DELETE, gone)
    for start in range(0, len(kept), _ROWS):
        rows = kept[start : start + _ROWS]
        connection.execute(_put(len(rows)), [part for row in rows for part in row])


@cache
def _put(rows: int) -> str:
    return _PUT.replace("?", ", ".join(["(?, ?, ?)"] * rows))


def _scan(space: str, prefix: str, after: str, limit: int, *, backwards: bool) -> tuple[str, Values]:
    """The query of a scan, and its values."""
    bounds: list[tuple[str, str | None]] = [(">=", prefix), ("<", beyond_prefix(prefix))]
    if after:
        bounds.append(("<" if backwards else ">", after))
    set_bounds = [(sign, text) for sign, text in bounds if text]
    where = "".join(f" AND key {sign} ?" for sign, _ in set_bounds)
    order = "DESC" if backwards else "ASC"
    sql = f"SELECT key, value FROM entry WHERE space = ?{where} ORDER BY key {order} LIMIT ?"  # noqa: S608 - signs and order are ours
    return sql, (space, *(text for _, text in set_bounds), max(limit, 0))
