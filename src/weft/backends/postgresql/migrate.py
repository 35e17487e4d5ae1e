"""Brings the tables in the schema `weft` to today's format, whoever else does so at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString, cast

from weft.backends.migrations import Migration, pending
from weft.backends.postgresql.connections import Connection

LOCK: LiteralString = "SELECT pg_advisory_xact_lock(1463109204)"
"""Holds off everyone else of Weft in this database until the transaction ends; the number is "WEFT" in ASCII."""

_BEGIN: tuple[LiteralString, ...] = (
    LOCK,
    "CREATE SCHEMA IF NOT EXISTS weft",
    "CREATE TABLE IF NOT EXISTS weft.format (version integer NOT NULL)",
)


async def migrate(connection: Connection, steps: Sequence[Migration], *, place: str) -> None:
    """Run the steps that are still due, each in a transaction that also records it: a kill in between loses nothing."""
    while await _step(connection, steps, place):
        pass


async def _step(connection: Connection, steps: Sequence[Migration], place: str) -> bool:
    async with connection.transaction():
        for statement in _BEGIN:
            await connection.execute(statement)
        row = await (await connection.execute("SELECT max(version) FROM weft.format")).fetchone()
        due = pending(steps, cast("int", row[0] if row and row[0] else 0), place=place)
        for number, step in due[:1]:
            for statement in step.sql:
                await connection.execute(statement.encode())
            await connection.execute("INSERT INTO weft.format VALUES (%s)", (number,))
        return len(due) > 1
