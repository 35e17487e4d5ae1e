"""State in PostgreSQL: commits that come while one is under way share the next transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, LiteralString, cast

from weft.backends.migrations import Migration
from weft.backends.postgresql.connections import Connection, Connections
from weft.backends.postgresql.migrate import LOCK, migrate
from weft.backends.state_stores.effect import Commit, Effect, Place, Wipe, beyond_prefix, check, check_text
from weft.model.errors import Unavailable, WeftError
from weft.ports.state_store import Change, Expect, StateCapabilities, StateStore

STEPS = (
    Migration(
        name="entries",
        why='The collation "C" compares text bytewise in UTF-8, which is the order that StateStore promises.',
        sql=(
            """CREATE TABLE weft.entry (space text COLLATE "C", key text COLLATE "C", value bytea NOT NULL,
            PRIMARY KEY (space, key))""",
        ),
    ),
)

_GET = "SELECT value FROM weft.entry WHERE space = %s AND key = %s"
_COUNT = "SELECT count(*) FROM weft.entry WHERE space = %s"
_HELD = """SELECT space, key, value FROM weft.entry
    JOIN unnest(%s::text[], %s::text[]) AS wanted (s, k) ON space = s COLLATE "C" AND key = k COLLATE "C" """
_WIPE = "DELETE FROM weft.entry WHERE space = ANY (%s::text[])"
_DELETE = """DELETE FROM weft.entry USING unnest(%s::text[], %s::text[]) AS gone (s, k)
    WHERE space = s COLLATE "C" AND key = k COLLATE "C" """
_PUT = """INSERT INTO weft.entry SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[])
    ON CONFLICT (space, key) DO UPDATE SET value = excluded.value"""

_GROUP = 1000
"""Commits that share one transaction at most."""


class PostgresqlState(StateStore):
    """Durable, and shared between machines.

    All commits of a database take one lock in turn, so that an Expect holds until its commit is done. Relaxed commits
    do not wait for the disk; they are kept in order.
    """

    capabilities = StateCapabilities(durable=True, shared=True)

    def __init__(self, url: str) -> None:
        self._connections = Connections(url)
        self._opening = asyncio.Lock()
        self._migrated = False
        self._waiting: list[tuple[Commit, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, url: str, folder: Path) -> PostgresqlState:  # noqa: ARG003 - engines are all made with a URL and a folder
        """`postgresql://user@host:5432/database`, with what else libpq knows."""
        return cls(url)

    async def get(self, space: str, key: str) -> bytes | None:
        """See StateStore."""
        check_text(space, key)
        rows = await self._rows(_GET, (space, key))
        return rows[0][0] if rows else None

    async def scan(
        self, space: str, *, prefix: str = "", after: str = "", limit: int = 1000, backwards: bool = False
    ) -> Sequence[tuple[str, bytes]]:
        """See StateStore."""
        check_text(space, prefix, after)
        where: list[tuple[LiteralString, str | None]] = [
            (" AND key >= %s", prefix),
            (" AND key < %s", beyond_prefix(prefix)),
            (" AND key < %s" if backwards else " AND key > %s", after),
        ]
        sql: LiteralString = "SELECT key, value FROM weft.entry WHERE space = %s"
        for condition, text in where:
            sql += condition if text else ""
        sql += " ORDER BY key DESC LIMIT %s" if backwards else " ORDER BY key LIMIT %s"
        return await self._rows(sql, (space, *(text for _, text in where if text), max(limit, 0)))

    async def count(self, space: str) -> int:
        """See StateStore."""
        check_text(space)
        ((found,),) = await self._rows(_COUNT, (space,))
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
        if self._committing:
            await self._committing
        await self._connections.close()

    async def _rows(self, sql: LiteralString, values: tuple[str | int, ...]) -> list[tuple[Any, ...]]:
        await self._ready()
        async with self._connections.lend() as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def _ready(self) -> None:
        """Have the tables in today's format; whoever comes first sees to it."""
        self._connections.check_open()
        if not self._migrated:
            async with self._opening, self._connections.lend() as connection:
                await migrate(connection, STEPS, place=self._connections.place)
                self._migrated = True

    async def _submit(self, commit: Commit) -> None:
        await self._ready()
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((commit, future))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        await future

    async def _commit_waiting(self) -> None:
        group: list[tuple[Commit, asyncio.Future[None]]] = []
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
                _resolve(group, await self._outcomes([commit for commit, _ in group]))
        finally:
            self._committing = None
            error = Unavailable(f"{self._connections.place}: the commit was broken off", hint="try again")
            _resolve(group + self._waiting, [error] * len(group + self._waiting))
            self._waiting = []

    async def _outcomes(self, commits: Sequence[Commit]) -> Sequence[WeftError | None]:
        try:
            async with self._connections.lend() as connection, connection.transaction():
                return await _write(connection, commits)
        except WeftError as error:
            return [error] * len(commits)


async def _write(connection: Connection, commits: Sequence[Commit]) -> Sequence[WeftError | None]:
    await connection.execute(LOCK)
    relaxed = all(commit.relaxed for commit in commits)
    await connection.execute("SET LOCAL synchronous_commit = " + ("off" if relaxed else "on"))
    wanted = {(c.space, c.key) for commit in commits for c in commit.changes if isinstance(c, Expect)}
    held = await _held(connection, list(wanted)) if wanted else {}
    effect = Effect()
    refusals = [effect.add(commit, held.get) for commit in commits]
    await _store(connection, effect)
    return refusals


async def _held(connection: Connection, places: list[Place]) -> dict[Place, bytes]:
    rows = await (await connection.execute(_HELD, _columns(places, 2))).fetchall()
    return {(space, key): value for space, key, value in cast("list[tuple[str, str, bytes]]", rows)}


async def _store(connection: Connection, effect: Effect) -> None:
    gone = [place for place, value in effect.values.items() if value is None]
    kept = [(*place, value) for place, value in effect.values.items() if value is not None]
    if effect.wiped:
        await connection.execute(_WIPE, (list(effect.wiped),))
    if gone:
        await connection.execute(_DELETE, _columns(gone, 2))
    if kept:
        await connection.execute(_PUT, _columns(kept, 3))


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]


def _resolve(group: Sequence[tuple[Commit, asyncio.Future[None]]], outcomes: Sequence[WeftError | None]) -> None:
    for (_, future), outcome in zip(group, outcomes, strict=True):
        if future.done():
            continue
        if outcome is None:
            future.set_result(None)
        else:
            future.set_exception(outcome)
